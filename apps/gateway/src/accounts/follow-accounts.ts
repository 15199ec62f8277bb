// Keeps the keys in memory as the store has them: a command of another process changes them while this one serves.

import { type Clock, Guard, type Log, repeatEvery } from '@fairlead/kit';

import type { GatewayStore } from '../store/gateway-store.ts';
import { KeyBook } from './key-book.ts';

/** With the time after which a stream is checked, well within the second in which a revocation holds. */
const lookMs = 200;

/** More at once are read with all others. */
const maxChanges = 1_000;

export interface FollowAccountsDeps {
  store: Pick<GatewayStore, 'version' | 'readAccounts' | 'lastChange' | 'readChanges'>;
  clock: Clock;
  log: Log;
}

/** The keys as they are now. Disposal leaves them as they are. */
export interface LiveKeys extends Pick<KeyBook, 'check' | 'recheck'>, AsyncDisposable {
  /** After a change by this process, which the store does not tell of. */
  refresh(): void;
}

/** Reads at once; throws where that fails. Later failures are logged, and the keys stay as they were. */
export function followAccounts({ store, clock, log }: FollowAccountsDeps): LiveKeys {
  const book = new KeyBook();
  const guard = new Guard(log);
  const stop = new AbortController();
  let version = store.version();
  let last = store.lastChange();
  book.replace(store.readAccounts());
  const look = () => {
    const now = store.version();
    if (now !== version) read();
    version = now;
  };
  const read = () => {
    // Requests wait while this reads: of a hundred thousand keys only those that changed.
    const changes = store.readChanges(last, maxChanges);
    if (changes.isWhole) book.patch(changes.patch);
    else book.replace(store.readAccounts());
    last = changes.last;
  };
  const op = 'gateway.accounts';
  const running = repeatEvery(lookMs, look, { op, clock, guard, signal: stop.signal });
  return {
    check(presented, nowMs) {
      const found = book.check(presented, nowMs);
      // A key may have been made a moment ago.
      if (found.ok || found.why !== 'unknown' || !guard.run(op, look)) return found;
      return book.check(presented, nowMs);
    },
    recheck: (keyId, nowMs) => book.recheck(keyId, nowMs),
    refresh: read,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}
