// A time limit that does not run while a person is asked.

import { callLater, type Clock } from '@fairlead/kit';

export interface PausableLimit extends Disposable {
  readonly signal: AbortSignal;
  /** The limit does not run while `pending` is pending; after that it starts again with its full time. */
  suspendedDuring<T>(pending: Promise<T>): Promise<T>;
}

export interface PausableLimitOptions {
  clock: Clock;
  afterMs: number;
  makeError: () => Error;
  outer?: AbortSignal | undefined;
}

/** Starts the limit at once. The caller disposes it: a disposed limit never fires. */
export function createPausableLimit({ clock, afterMs, makeError, outer }: PausableLimitOptions): PausableLimit {
  const controller = new AbortController();
  let running: AbortController | undefined;
  let isDisposed = false;
  const start = () => {
    if (running || isDisposed) return;
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
    [Symbol.dispose]() {
      isDisposed = true;
      stop();
    },
  };
}
