// At most so many at a time, the others in the order they came.

export interface Turns {
  /** Starts `work` when its turn comes; settles as it does. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurns(most: number): Turns {
  const waiting: Array<() => void> = [];
  let running = 0;
  const passOn = () => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };
  return {
    async run(work) {
      if (running < most) running += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        passOn();
      }
    },
  };
}
