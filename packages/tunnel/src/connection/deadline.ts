// A time limit that stands still while a human is being asked.

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** The limit does not run while `pending` is pending. */
  suspendedDuring<T>(pending: Promise<T>): Promise<T>;
}

export function createDeadline(ms: number, makeError: () => Error, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer ??= setTimeout(() => controller.abort(makeError()), ms);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
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
