// Keeps the keys in memory as the store has them: a command of another process changes them while this one serves.

import { type Clock, type Log, repeatEvery } from '@fairlead/kit';

import type { GatewayStore } from '../store/gateway-store.ts';
import type { KeyBook } from './key-book.ts';

/** With the time after which a stream is checked, well within the second in which a revocation holds. */
const lookMs = 200;

export interface FollowAccountsDeps {
  store: Pick<GatewayStore, 'version' | 'readAccounts'>;
  book: KeyBook;
  clock: Clock;
  log: Log;
}

/** Reads at once; throws where that fails. Later failures are logged, and the keys stay as they were. Disposal ends it. */
export function followAccounts({ store, book, clock, log }: FollowAccountsDeps): AsyncDisposable {
  const stop = new AbortController();
  let version = store.version();
  book.replace(store.readAccounts());
  const look = () => {
    const now = store.version();
    if (now === version) return;
    book.replace(store.readAccounts());
    version = now;
  };
  const running = repeatEvery(lookMs, look, { op: 'gateway.accounts', clock, log, signal: stop.signal });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}
