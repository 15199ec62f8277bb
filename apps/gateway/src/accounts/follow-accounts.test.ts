import { randomBytes } from 'node:crypto';

import { silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';

import type { KeyRecord } from './account-records.ts';
import { createApiKey, hashApiKey } from './api-key.ts';
import { followAccounts } from './follow-accounts.ts';
import type { AccountsSnapshot } from './key-book.ts';

const { id, key } = createApiKey(randomBytes(40));
const presented = key.reveal();
const member = { name: 'bob', team: undefined, limits: {}, createdMs: 0 };
const none = { label: undefined, models: undefined, expiresMs: undefined, revokedMs: undefined, limits: {} };
const record: KeyRecord = { id, member: 'bob', hash: hashApiKey(presented), createdMs: 0, ...none };

/** A store that another process changes. */
function openStore() {
  let version = 1;
  let accounts: AccountsSnapshot = { members: [member], keys: [], teams: [] };
  return {
    version: () => version,
    readAccounts: () => accounts,
    lastChange: () => 0,
    readChanges: () => ({ isWhole: false, last: 0 }) as const,
    change(keys: readonly KeyRecord[]) {
      version += 1;
      accounts = { members: [member], keys, teams: [] };
    },
  };
}

it('A key is good as soon as it was made, and revoked a fifth of a second later at most', async () => {
  const [store, clock] = [openStore(), new ManualClock()];
  await using keys = followAccounts({ store, clock, log: silentLog });
  expect(keys.check(presented, 0)).toMatchObject({ ok: false, why: 'unknown' });
  store.change([record]);
  expect(keys.check(presented, 0)).toMatchObject({ ok: true });
  store.change([{ ...record, revokedMs: 1 }]);
  await clock.advance(200);
  expect(keys.recheck(id, 0)).toBe('revoked');
  expect(keys.check(presented, 0)).toMatchObject({ ok: false, why: 'revoked' });
});

it('Keys stay as they were while the store cannot be read', async () => {
  const [store, clock] = [openStore(), new ManualClock()];
  store.change([record]);
  let isAway = false;
  const version = () => {
    if (isAway) throw new Error('away');
    return store.version();
  };
  await using keys = followAccounts({ store: { ...store, version }, clock, log: silentLog });
  isAway = true;
  await clock.advance(1_000);
  expect(keys.check(presented, 0)).toMatchObject({ ok: true });
  expect(keys.check(createApiKey(randomBytes(40)).key.reveal(), 0)).toMatchObject({ ok: false, why: 'unknown' });
});
