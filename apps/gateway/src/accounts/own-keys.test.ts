// A member's own keys, in a real store.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type GatewayStore, openGatewayStore } from '../store/gateway-store.ts';
import type { KeyRecord, MemberRecord } from './account-records.ts';
import { createApiKey, hashApiKey } from './api-key.ts';
import { KeyBook } from './key-book.ts';
import { openOwnKeys } from './own-keys.ts';

const nowMs = Date.UTC(2026, 11, 1);
const dayMs = 86_400_000;
const change = { actor: 'ann@lab', nowMs };
let scope: Scope;
let store: GatewayStore;
beforeEach(() => {
  scope = new Scope();
  const dir = mkdtempSync(join(tmpdir(), 'fl-own-keys-'));
  scope.defer(() => rmSync(dir, { recursive: true }));
  store = scope.use(openGatewayStore(dir, 'command'));
  for (const name of ['bob', 'eve']) store.addMember(memberOf(name), change);
});
afterEach(() => scope[Symbol.asyncDispose]());

const memberOf = (name: string): MemberRecord => ({ name, team: undefined, limits: {}, createdMs: nowMs });

function keyOf(member: string, more: Partial<KeyRecord> = {}): KeyRecord {
  const { id, key } = createApiKey(randomBytes(40));
  const none = { label: undefined, models: undefined, expiresMs: undefined, revokedMs: undefined, limits: {} };
  const record = { id, member, hash: hashApiKey(key.reveal()), createdMs: nowMs, ...none, ...more };
  store.addKey(record, change);
  return record;
}

const ownBy = (key: KeyRecord, at = nowMs) =>
  openOwnKeys(
    { key, member: memberOf(key.member), team: undefined },
    { store, random: () => randomBytes(40), nowMs: at, source: 'here' },
  );
const storeCalls = () => ({
  addKey: store.addKey.bind(store),
  expireKey: store.expireKey.bind(store),
  revokeKey: store.revokeKey.bind(store),
});
const wider = expect.objectContaining({ code: 'key_scope' });

function checkNow(presented: string, atMs: number) {
  const book = new KeyBook();
  book.replace(store.readAccounts());
  return book.check(presented, atMs);
}

it('A member makes another key, for less, and it is good', () => {
  const made = ownBy(keyOf('bob')).create({
    label: 'nightly',
    models: ['m'],
    lifetimeMs: dayMs,
    limits: { tokensPerDay: 9 },
  });
  expect(made).toMatchObject({ member: 'bob', models: ['m'], expiresMs: nowMs + dayMs, limits: { tokensPerDay: 9 } });
  expect(checkNow(made.key.reveal(), nowMs)).toMatchObject({ ok: true, grant: { key: { label: 'nightly' } } });
});

describe('A key', () => {
  it.each([
    ['more models', { models: ['m'] }, { models: ['m', 'n'] }],
    ['a longer time', { expiresMs: nowMs + dayMs }, { lifetimeMs: dayMs + 1 }],
    ['longer answers', { limits: { maxTokens: 10 } }, { limits: { maxTokens: 11 } }],
    ['its budget again', { limits: { tokensPerDay: 1_000 } }, { limits: { tokensPerDay: 10 } }],
  ])('gives no key of %s', (_, own, wanted) => {
    const key = keyOf('bob', own);
    expect(() => ownBy(key).create(wanted)).toThrow(wider);
    expect(ownBy(key).list()).toHaveLength(1);
  });

  it('gives what it is for where nothing is said', () => {
    const own = { models: ['m'], expiresMs: nowMs + dayMs, limits: { maxTokens: 10 } };
    expect(ownBy(keyOf('bob', own)).create({})).toMatchObject(own);
  });

  it('that is rotated is good for the overlap, and no longer than before', () => {
    const key = keyOf('bob', { label: 'laptop', models: ['m'] });
    const { key: fresh, replaces, ...made } = ownBy(key).rotate(key.id, 3_600_000);
    expect(made).toMatchObject({ label: 'laptop', models: ['m'] });
    expect(replaces).toMatchObject({ id: key.id, expiresMs: nowMs + 3_600_000 });
    expect(checkNow(fresh.reveal(), nowMs + 3_600_000).ok).toBe(true);
    const book = new KeyBook();
    book.replace(store.readAccounts());
    expect([book.recheck(key.id, nowMs + 3_599_999), book.recheck(key.id, nowMs + 3_600_000)]).toEqual([
      undefined,
      'expired',
    ]);
    const short = keyOf('bob', { expiresMs: nowMs + 5 });
    expect(ownBy(short).rotate(short.id, dayMs)).toMatchObject({
      expiresMs: nowMs + 5,
      replaces: { expiresMs: nowMs + 5 },
    });
    expect(() => ownBy(keyOf('bob'), nowMs + 5).rotate(short.id, 0)).toThrow(
      expect.objectContaining({ code: 'key_unknown' }),
    );
  });

  it('revokes itself, and those that it is for; never one that is for more, or of another member', () => {
    const [main, script, hers] = [keyOf('bob'), keyOf('bob', { models: ['m'] }), keyOf('eve')];
    expect(() => ownBy(script).revoke(main.id)).toThrow(wider);
    expect(() => ownBy(script).rotate(main.id, 0)).toThrow(wider);
    expect(() => ownBy(main).revoke(hers.id)).toThrow(expect.objectContaining({ code: 'key_unknown' }));
    expect(ownBy(main).revoke(script.id)).toMatchObject({ revokedMs: nowMs });
    const limited = keyOf('bob', { limits: { concurrent: 1 } });
    expect(ownBy(limited).revoke(limited.id)).toMatchObject({ id: limited.id, revokedMs: nowMs });
    expect(
      ownBy(main)
        .list()
        .map(({ id }) => id),
    ).not.toContain(hers.id);
  });

  it('gives 500 a day at the most, also where they are revoked at once', () => {
    const key = keyOf('bob');
    const revoked = Array.from({ length: 499 }, (_, at) => ({ ...key, id: `r${at}`, revokedMs: nowMs }));
    const own = (at: number) =>
      openOwnKeys(
        { key, member: memberOf('bob'), team: undefined },
        {
          store: { ...storeCalls(), keysOf: () => [key, ...revoked] },
          random: () => randomBytes(40),
          nowMs: at,
          source: 'here',
        },
      );
    expect(() => own(nowMs).create({})).toThrow('500 of yours were made within a day');
    expect(own(nowMs + dayMs).create({}).key).toBeDefined();
  });

  it('gives a hundred at the most', () => {
    const own = ownBy(keyOf('bob'));
    for (let made = 1; made < 100; made += 1) own.create({});
    expect(() => own.create({})).toThrow(wider);
  });
});
