// Small joins of promises and abort signals: waiting for an event with a limit, without leaking listeners or timers.

/** Rejects with the signal's reason when it fires, else settles as `promise` does. Listeners are removed either way. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    // Also when the signal has fired already: else a later rejection of `promise` would be unhandled and end the process.
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * For work that ends by its own signal: resolves when `promise` resolves or was rejected with the signal's reason.
 * Any other rejection is passed on.
 */
export async function untilOver(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await promise;
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
}

/** A signal that fires when any of the given ones does; undefined entries are left out. */
export function anySignal(...signals: Array<AbortSignal | undefined>): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

/** Settles as `promise` does, or rejects with `makeError()` after `ms`. */
export async function withTimeLimit<T>(promise: Promise<T>, ms: number, makeError: () => Error): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(makeError()), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
