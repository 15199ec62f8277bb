// How much history one agent may write: a token bucket. Events over the limit are counted and not stored.

export const eventBurst = 100;
export const eventIntervalMs = 1000;

export class EventAllowance {
  #tokens = eventBurst;
  #filledMs: number;
  #leftOut = 0;

  constructor(monotonicMs: number) {
    this.#filledMs = monotonicMs;
  }

  /** Takes a token. Returns false if none is left: the event is not stored. */
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

  /** Returns how many events were left out since the last call. */
  takeLeftOut(): number {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
