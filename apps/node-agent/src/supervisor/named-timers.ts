// Timers by name: setting one replaces the one of that name.

import { type Clock, detach, untilOver } from '@fairlead/kit';

/** Timers of Node hold 24.8 days at most and fire at once beyond that. */
const maxTimerMs = 2 ** 31 - 1;
const wallClockPollMs = 5_000;

export class NamedTimers<Name extends string> {
  readonly #clock: Clock;
  readonly #timers = new Map<Name, AbortController>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `due` once after `ms`, unless the timer is cleared or replaced before. What `due` throws ends the process. */
  set(name: Name, ms: number, due: () => void): void {
    this.#start(name, due, (signal) => this.#sleep(ms, signal));
  }

  /** As `set`, at a time of the wall clock; late by 5 s at most where that jumps, the machine sleeps or the job is suspended. */
  setAt(name: Name, atMs: number, due: () => void): void {
    this.#start(name, due, (signal) => this.#sleepUntil(atMs, signal));
  }

  clear(name: Name): void {
    this.#timers.get(name)?.abort();
    this.#timers.delete(name);
  }

  #start(name: Name, due: () => void, wait: (signal: AbortSignal) => Promise<void>): void {
    this.clear(name);
    const timer = new AbortController();
    this.#timers.set(name, timer);
    detach(untilOver(wait(timer.signal).then(due), timer.signal));
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= maxTimerMs)
      await this.#clock.sleep(Math.min(leftMs, maxTimerMs), signal);
    signal.throwIfAborted();
  }

  async #sleepUntil(atMs: number, signal: AbortSignal): Promise<void> {
    const clock = this.#clock;
    for (let leftMs = atMs - clock.now(); leftMs > 0; leftMs = atMs - clock.now())
      await clock.sleep(Math.min(leftMs, wallClockPollMs), signal);
    signal.throwIfAborted();
  }
}
