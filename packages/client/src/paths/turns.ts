// A FIFO concurrency limit.

export interface Turns {
  /** Calls `work` when its turn comes, and settles as `work` does. Rejects with the signal's reason where that fires before; `work` is not called then. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function createTurns(most: number): Turns {
  const waiting = new Set<() => void>();
  let running = 0;
  const passOn = () => {
    const [next] = waiting;
    if (next) next();
    else running -= 1;
  };
  /** Resolves with the turn taken. */
  const takeTurn = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = () => {
        waiting.delete(begin);
        signal?.removeEventListener('abort', onAbort);
      };
      const begin = () => {
        leave();
        resolve();
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason);
      };
      waiting.add(begin);
      signal?.addEventListener('abort', onAbort);
    });
  return {
    async run(work, signal) {
      if (running < most) running += 1;
      else await takeTurn(signal);
      try {
        return await work();
      } finally {
        passOn();
      }
    },
  };
}
