// The share of the history that one agent may fill: a token bucket. Events over it are counted and not stored.

export const eventBurst = 100;
export const eventIntervalMs = 1000;

export class EventAllowance {
  #tokens = eventBurst;
  #filledMs: number;
  #leftOut = 0;

  constructor(monotonicMs: number) {
    this.#filledMs = monotonicMs;
  }

  /** Whether one more may be kept. */
  take(monotonicMs: number): boolean {
    this.#tokens = Math.min(eventBurst, this.#tokens + (monotonicMs - this.#filledMs) / eventIntervalMs);
    this.#filledMs = monotonicMs;
    if (this.#tokens < 1) {
      this.#leftOut += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** How many were left out since it was asked last. */
  takeLeftOut(): number {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
