import { randomBytes } from 'node:crypto';

import { expect, it } from 'vitest';

import type { KeyRecord, MemberRecord } from './account-records.ts';
import { createApiKey, hashApiKey } from './api-key.ts';
import { KeyBook } from './key-book.ts';

const bob: MemberRecord = { name: 'bob', team: undefined, limits: {}, createdMs: 0 };
const made = createApiKey(randomBytes(40));
const presented = made.key.reveal();

function bookOf(more: Partial<KeyRecord> = {}, members: readonly MemberRecord[] = [bob]): KeyBook {
  const key: KeyRecord = {
    id: made.id,
    member: 'bob',
    label: undefined,
    hash: hashApiKey(presented),
    models: undefined,
    createdMs: 0,
    expiresMs: undefined,
    revokedMs: undefined,
    limits: {},
    ...more,
  };
  const book = new KeyBook();
  book.replace({ members, keys: [key], teams: [] });
  return book;
}

it('A good key gives its member', () => {
  expect(bookOf().check(presented, 5)).toMatchObject({ ok: true, grant: { member: { name: 'bob' } } });
});

it.each([
  ['no key', bookOf(), undefined, 'absent'],
  ['a key of another kind', bookOf(), 'sk-1', 'foreign'],
  ['a key with a typo', bookOf(), `${presented}a`, 'mistyped'],
  ['a key that was never made', bookOf(), createApiKey(randomBytes(40)).key.reveal(), 'unknown'],
  ['a known id with another secret', bookOf({ hash: hashApiKey('x') }), presented, 'unknown'],
  ['a revoked key', bookOf({ revokedMs: 1 }), presented, 'revoked'],
  ['an expired key', bookOf({ expiresMs: 5 }), presented, 'expired'],
  ['a key whose member was removed', bookOf({}, []), presented, 'unknown'],
])('%s is refused', (_, book, given, why) => {
  expect(book.check(given, 5)).toEqual({ ok: false, why });
});

it('A key is good until the very time at which it expires', () => {
  const book = bookOf({ expiresMs: 5 });
  expect(book.check(presented, 4)).toMatchObject({ ok: true });
  expect(book.recheck(made.id, 4)).toBeUndefined();
  expect(book.recheck(made.id, 5)).toBe('expired');
});

it('A key that was good before is judged by what is known now', () => {
  const book = bookOf();
  expect([book.check(presented, 0).ok, book.check(presented, 0).ok]).toEqual([true, true]);
  const key = { ...(book.check(presented, 0) as { grant: { key: KeyRecord } }).grant.key };
  book.replace({ members: [bob], keys: [{ ...key, hash: hashApiKey('x') }], teams: [] });
  expect(book.check(presented, 0)).toEqual({ ok: false, why: 'unknown' });
  book.replace({ members: [bob], keys: [{ ...key, revokedMs: 1 }], teams: [] });
  expect(book.check(presented, 0)).toEqual({ ok: false, why: 'revoked' });
});
