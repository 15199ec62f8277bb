// Time as a dependency. Pure code takes `now` as data; interpreters and ports take a Clock.

import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. May jump. */
  now(): number;
  /** Milliseconds on a clock that never goes back; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** In [0, 1): the default of what takes chance as a dependency. */
export const systemRandom = (): number => Math.random();

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs() {
    // `performance.now()` would load node:perf_hooks: a twentieth of a short command's start.
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000 + nanoseconds / 1_000_000;
  },
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
