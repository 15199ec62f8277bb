// A time limit that stands still while a human is being asked.

import { callLater, type Clock } from '@fairlead/kit';

export interface PausableLimit extends Disposable {
  readonly signal: AbortSignal;
  /** The limit does not run while `pending` is pending. */
  suspendedDuring<T>(pending: Promise<T>): Promise<T>;
}

export interface PausableLimitOptions {
  clock: Clock;
  afterMs: number;
  makeError: () => Error;
  outer?: AbortSignal | undefined;
}

/** Runs at once. */
export function createPausableLimit({ clock, afterMs, makeError, outer }: PausableLimitOptions): PausableLimit {
  const controller = new AbortController();
  let running: AbortController | undefined;
  const start = () => {
    if (running) return;
    running = new AbortController();
    callLater(() => controller.abort(makeError()), { clock, afterMs, signal: running.signal });
  };
  const stop = () => {
    running?.abort();
    running = undefined;
  };
  start();
  return {
    signal: outer ? AbortSignal.any([outer, controller.signal]) : controller.signal,
    async suspendedDuring(pending) {
      stop();
      try {
        return await pending;
      } finally {
        start();
      }
    },
    [Symbol.dispose]: stop,
  };
}
