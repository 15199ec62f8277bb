// Runs work that reports its events, and yields them as an async iterable.

import { markHandled } from '@fairlead/kit';

export interface Teller<Event> {
  tell: (event: Event) => void;
  /** Resolves once the reader asks for the next event, or has left: for work that must not run ahead of its reader. */
  deliver: (event: Event) => Promise<void>;
}

type Work<Event> = (teller: Teller<Event>, signal: AbortSignal) => Promise<void>;

/**
 * The work begins with the first `next()` and does not wait for its reader. The iterable yields what the work tells, ends with it,
 * and throws what it throws. Leaving the loop aborts the signal that the work has, and resolves when the work has ended.
 */
export async function* streamEvents<Event>(
  signal: AbortSignal,
  work: Work<Event>,
): AsyncGenerator<Event, void, undefined> {
  signal.throwIfAborted();
  const waiting: Array<{ event: Event; taken: () => void }> = [];
  const left = new AbortController();
  let isOver = false;
  let wake = Promise.withResolvers<void>();
  const push = (event: Event, taken: () => void) => {
    if (left.signal.aborted) return taken();
    waiting.push({ event, taken });
    wake.resolve();
  };
  const teller: Teller<Event> = {
    tell: (event) => push(event, () => undefined),
    deliver: (event) => new Promise((resolve) => push(event, resolve)),
  };
  const ended = work(teller, AbortSignal.any([signal, left.signal])).finally(() => {
    isOver = true;
    wake.resolve();
  });
  // It is thrown below, after what was told.
  markHandled(ended);
  try {
    for (;;) {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        try {
          yield next.event;
        } finally {
          next.taken();
        }
      }
      if (isOver) return await ended;
      await wake.promise;
      wake = Promise.withResolvers();
    }
  } finally {
    left.abort(new Error('the loop was left'));
    for (const { taken } of waiting.splice(0)) taken();
    // Where the loop was left, the abort makes the work fail; where it was not, its failure is thrown above.
    await ended.catch(() => undefined);
  }
}
