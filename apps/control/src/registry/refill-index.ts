// Fills the index from the store. What only the memory knows of an instance that is still there stays, its connection too.

import type { Clock } from '@fairlead/kit';

import type { Leases } from '../domain/leases.ts';
import type { SetAside, Store } from '../store/store.ts';
import type { EntryIndex, Refilled } from './entry-index.ts';

/**
 * Each attended instance without a lease gets a whole one, so that its agent can come back. `setAside`: records that could not
 * be read. The caller drops the connections of what is gone. Rejects as `Store.load` does.
 */
export async function refillIndex(
  index: EntryIndex,
  { store, leases, clock }: { store: Store; leases: Leases; clock: Clock },
): Promise<Refilled & { setAside: readonly SetAside[] }> {
  const remembered = await store.load();
  const refilled = index.refill(remembered);
  const now = clock.monotonicMs();
  for (const { instance } of index.entries()) {
    const isLeased = leases.leftMs(instance.id, now) !== undefined;
    if (instance.life.phase === 'attended' && !isLeased) leases.renew(instance.id, now);
  }
  return { ...refilled, setAside: remembered.setAside ?? [] };
}
