// Real files, opened by two connections as by the gateway and a command.

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { KeyRecord, MemberRecord } from '../accounts/account-records.ts';
import { createApiKey, hashApiKey } from '../accounts/api-key.ts';
import { KeyBook } from '../accounts/key-book.ts';
import { usageRecord } from '../testing/usage-record.ts';
import type { UsageRecord } from '../usage/usage-record.ts';
import { type GatewayStore, openGatewayStore } from './gateway-store.ts';

let dir: string;
let store: GatewayStore;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fl-gateway-'));
  store = openGatewayStore(join(dir, 'state'), 'command');
});
afterEach(() => {
  store[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

const change = { actor: 'ann@lab', nowMs: 5 };
const noLimits = {
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  tokensPerDay: undefined,
  tokensPerMonth: undefined,
  concurrent: undefined,
  maxTokens: undefined,
};
const limits = { ...noLimits, requestsPerMinute: 60, concurrent: 4 };
const bob: MemberRecord = { name: 'bob', team: 'nlp', limits, createdMs: 1.5 };
const made = createApiKey(Buffer.alloc(40, 7));
const key: KeyRecord = {
  id: made.id,
  member: 'bob',
  label: 'laptop',
  hash: hashApiKey(made.key.reveal()),
  models: ['org/model'],
  createdMs: 2,
  expiresMs: 9,
  revokedMs: undefined,
  limits: { ...noLimits, tokensPerDay: 9 },
};
const record = (requestId: string, more: Partial<UsageRecord> = {}) =>
  usageRecord({ requestId, atMs: Date.UTC(2026, 10, 30, 12), team: 'nlp', keyId: made.id, ...more });

describe('The store of the gateway', () => {
  it('tells what has changed since, as it is now, so that one who reads it knows what one who reads all knows', () => {
    const [patched, whole] = [new KeyBook(), new KeyBook()];
    const presented = made.key.reveal();
    let last = store.lastChange();
    patched.replace(store.readAccounts());
    const look = () => {
      const changes = store.readChanges(last, 100);
      if (!changes.isWhole) throw new Error('too many');
      patched.patch(changes.patch);
      last = changes.last;
      whole.replace(store.readAccounts());
      expect(patched.check(presented, 0)).toEqual(whole.check(presented, 0));
      expect(patched.size).toBe(whole.size);
      return patched.check(presented, 0);
    };
    store.addMember(bob, change);
    store.addKey({ ...key, expiresMs: undefined }, change);
    expect(look()).toMatchObject({ ok: true, grant: { team: undefined } });
    store.setTeam({ name: 'nlp', weight: 3, limits: noLimits, createdMs: 1 }, change);
    expect(look()).toMatchObject({ ok: true, grant: { team: { weight: 3 } } });
    store.removeTeam('nlp', change);
    store.removeMember('bob', change);
    store.addMember(bob, change);
    expect(look()).toMatchObject({ ok: false, why: 'unknown' });
    store.addKey(key, change);
    store.revokeKey(key.id, change);
    expect(look()).toMatchObject({ ok: false, why: 'revoked' });
    expect(store.readChanges(0, 2)).toEqual({ isWhole: false, last });
  });

  it('keeps who changed what, with the change or not at all', () => {
    store.addMember(bob, change);
    store.addKey(key, { actor: 'eve@lab', nowMs: 6 });
    expect(() => store.addMember(bob, change)).toThrow();
    expect(store.readAudit(0)).toMatchObject([
      { atMs: 5, actor: 'ann@lab', action: 'member.added', subject: 'bob', detail: { team: 'nlp' } },
      { atMs: 6, actor: 'eve@lab', action: 'key.added', subject: key.id, detail: { member: 'bob' } },
    ]);
    expect(JSON.stringify(store.readAudit(0))).not.toContain(key.hash.toString('hex'));
  });

  it('knows what each key has used of the month and of the day', () => {
    const dayMs = 86_400_000;
    const noon = record('a').atMs;
    const records = [record('a'), record('b', { atMs: noon - dayMs }), record('c', { atMs: noon - 60 * dayMs })];
    store.addUsage([...records, record('d', { keyId: 'other', team: undefined })]);
    const since = { monthMs: noon - 10 * dayMs, dayMs: noon - dayMs / 2 };
    expect(store.usedTokens(since)).toEqual([
      { keyId: made.id, member: 'bob', team: 'nlp', today: 15, thisMonth: 30 },
      { keyId: 'other', member: 'bob', team: undefined, today: 15, thisMonth: 15 },
    ]);
  });

  it('gives back what it was given, also to a process that opens it later', () => {
    store.addMember(bob, change);
    store.addKey(key, change);
    using other = openGatewayStore(join(dir, 'state'), 'serve');
    expect(other.readAccounts()).toEqual({ members: [bob], keys: [key], teams: [] });
  });

  it('tells another process of each change by its version, and of no change by the same', () => {
    using serving = openGatewayStore(join(dir, 'state'), 'serve');
    const before = serving.version();
    serving.addUsage([record('own')]);
    expect(serving.version()).toBe(before);
    store.addMember(bob, change);
    store.addKey(key, change);
    const added = serving.version();
    expect(added).not.toBe(before);
    expect(store.revokeKey(key.id, { ...change, nowMs: 7 })).toMatchObject({ member: 'bob', revokedMs: 7 });
    expect(serving.version()).not.toBe(added);
    expect(serving.readAccounts().keys[0]?.revokedMs).toBe(7);
    expect(store.revokeKey(key.id, { ...change, nowMs: 8 }).revokedMs).toBe(7);
  });

  it('adds usage as soon as a process that has locked the file lets go', () => {
    using serving = openGatewayStore(join(dir, 'state'), 'serve');
    using other = new DatabaseSync(join(dir, 'state', 'gateway.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(() => serving.addUsage([record('a')])).toThrow(/locked/);
    other.exec('ROLLBACK');
    expect(serving.addUsage([record('a'), record('b')])).toBe(2);
    expect(serving.addUsage([record('b'), record('c')])).toBe(1);
  });

  it('says which file it is where a change cannot be written', () => {
    using serving = openGatewayStore(join(dir, 'state'), 'serve');
    using other = new DatabaseSync(join(dir, 'state', 'gateway.db'));
    other.exec('BEGIN IMMEDIATE');
    const failed = expect.objectContaining({
      code: 'gateway_store_failed',
      message: expect.stringMatching(/^cannot use .*gateway\.db because SQLite cannot: got .*locked/),
    });
    expect(() => serving.addMember(bob, change)).toThrow(failed);
    other.exec('ROLLBACK');
    serving.addMember(bob, change);
    expect(() => serving.addMember(bob, change)).toThrow(expect.objectContaining({ code: 'member_exists' }));
  });

  it('removes a member with all their keys', () => {
    store.addMember(bob, change);
    store.addKey(key, change);
    store.removeMember('bob', change);
    expect(store.readAccounts()).toEqual({ members: [], keys: [], teams: [] });
  });

  it('refuses what contradicts what is there', () => {
    store.addMember(bob, change);
    expect(() => store.addMember(bob, change)).toThrow(expect.objectContaining({ code: 'member_exists' }));
    expect(() => store.removeMember('eve', change)).toThrow(expect.objectContaining({ code: 'member_unknown' }));
    expect(() => store.addKey({ ...key, member: 'eve' }, change)).toThrow(
      expect.objectContaining({ code: 'member_unknown' }),
    );
    expect(() => store.revokeKey('nokey', change)).toThrow(expect.objectContaining({ code: 'key_unknown' }));
  });

  it('holds no key, and only its account can read it', () => {
    store.addMember(bob, change);
    store.addKey(key, change);
    const path = join(dir, 'state', 'gateway.db');
    for (const file of [path, `${path}-wal`]) {
      expect(statSync(file).mode & 0o077, file).toBe(0);
      expect(readFileSync(file).includes(made.key.reveal().slice(13))).toBe(false);
    }
    expect(statSync(join(dir, 'state')).mode & 0o077).toBe(0);
  });

  it('sums usage, and counts a record once that is given twice', () => {
    const cut = record('2', { outcome: 'upstream_failed', estimated: true, member: 'eve', team: undefined });
    store.addUsage([record('1'), cut]);
    store.addUsage([record('1'), record('3', { outcome: 'client_left', atMs: Date.UTC(2026, 10, 29) })]);
    const sum = { requests: 2, failed: 0, promptTokens: 20, completionTokens: 10, cachedTokens: 4, estimated: 0 };
    const one = { requests: 1, failed: 1, promptTokens: 10, completionTokens: 5, cachedTokens: 2, estimated: 1 };
    expect(store.sumUsage('member', 0)).toEqual([
      { name: 'bob', ...sum },
      { name: 'eve', ...one },
    ]);
    expect(store.sumUsage('team', 0).map(({ name }) => name)).toEqual(['nlp', '']);
    expect(store.sumUsage('day', 0).map(({ name, requests }) => [name, requests])).toEqual([
      ['2026-11-29', 1],
      ['2026-11-30', 2],
    ]);
    expect(store.sumUsage('key', Date.UTC(2026, 10, 30))).toMatchObject([{ name: made.id, requests: 2 }]);
    expect(store.sumUsage('model', Date.UTC(2026, 11, 1))).toEqual([]);
  });

  it('of a newer gateway is left as it is', () => {
    const connection = new DatabaseSync(join(dir, 'state', 'gateway.db'));
    connection.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9e15)");
    connection.close();
    const open = () => openGatewayStore(join(dir, 'state'), 'serve');
    expect(open).toThrow(expect.objectContaining({ code: 'gateway_store_newer' }));
  });

  it('that is no database is left as it is', () => {
    const open = () => openGatewayStore('/proc/version/x', 'serve');
    expect(open).toThrow(expect.objectContaining({ code: 'gateway_store_failed' }));
  });
});
