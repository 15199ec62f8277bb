// A limit of time as a signal, on the caller's clock.

import { callLater } from './call-later.ts';
import type { Clock } from './clock.ts';

export interface TimeLimit extends Disposable {
  /** Fires when the time is over, with the reason that was given. */
  readonly signal: AbortSignal;
}

/** Dispose it when what it limits has ended: until then its timer keeps the process alive. */
export function openTimeLimit(clock: Clock, afterMs: number, makeReason: () => Error = tooLate): TimeLimit {
  const over = new AbortController();
  const dropped = new AbortController();
  callLater(() => over.abort(makeReason()), { clock, afterMs, signal: dropped.signal });
  return { signal: over.signal, [Symbol.dispose]: () => dropped.abort() };
}

/** As the reason of `AbortSignal.timeout`. */
function tooLate(): Error {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError');
}
