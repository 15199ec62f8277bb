// A clock that stands still until told.

import type { Clock } from '../clock.ts';

interface Sleeper {
  dueMs: number;
  resolve: () => void;
}

export class ManualClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs;
  }

  /** How many sleep now. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { dueMs: this.#elapsedMs + ms, resolve };
    const onAbort = () => {
      this.#sleepers.delete(sleeper);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#sleepers.add(sleeper);
    await promise;
    signal?.removeEventListener('abort', onAbort);
  }

  /** Lets time pass in steps, so that loops that sleep again come round as often as they would. */
  async advance(ms: number, stepMs = 50): Promise<void> {
    // What is under way falls asleep first.
    await turn();
    const endMs = this.#elapsedMs + ms;
    while (this.#elapsedMs < endMs) {
      const step = Math.min(stepMs, endMs - this.#elapsedMs);
      this.#elapsedMs += step;
      this.#nowMs += step;
      for (const sleeper of this.#sleepers) {
        if (sleeper.dueMs > this.#elapsedMs) continue;
        this.#sleepers.delete(sleeper);
        sleeper.resolve();
      }
      await turn();
    }
  }

  /** Time passes without anyone being woken: as when the process was suspended. */
  jump(ms: number): void {
    this.#elapsedMs += ms;
    this.#nowMs += ms;
  }
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
