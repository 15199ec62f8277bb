// The store on a real file: what is put comes back, all or nothing, and a file that is not ours is left alone.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DeploymentRecord, InstanceRecord } from '../domain/records.ts';
import MIGRATIONS from './migrations.json' with { type: 'json' };
import { openDatabase } from './open-database.ts';
import { createSqliteSession } from '@fairlead/sqlite';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store, Write } from './store.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fl-store-'));
  file = join(directory, 'control.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

const deployment: DeploymentRecord = {
  name: 'a',
  model: 'm',
  servedModel: 's',
  engine: 'sim',
  cluster: 'c',
  wanted: 'running',
  createdMs: 1.5,
};
const instance: InstanceRecord = {
  id: 'abcdefgh',
  deployment: 'a',
  role: 'current',
  replica: 0,
  former: false,
  jobDir: '/j',
  enrolmentHash: 'hash',
  jobId: '7',
  life: { phase: 'waiting', state: { status: 'queued', reason: 'Priority' }, retired: 0 },
  servedModels: ['x'],
  nodes: [],
  deadlineMs: 99,
  createdMs: 1,
  updatedMs: 2,
};
const put: Write[] = [
  { type: 'instance.put', record: instance },
  { type: 'deployment.put', record: deployment },
];

function happened(kind: string, source?: { processId: string; id: number }): Write {
  const entry = { atMs: 5, recordedMs: 6, deployment: 'a', instanceId: 'abcdefgh', kind, message: 'text' };
  return { type: 'history.add', entry: source ? { ...entry, source } : entry };
}

async function using<T>(store: Store, use: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await use(store);
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

describe('the SQLite store', () => {
  it('remembers across openings', async () => {
    await using(openSqliteStore(file), (store) => store.commit(put));
    const remembered = await using(openSqliteStore(file), (store) => store.load());
    expect(remembered).toEqual({ deployments: [deployment], instances: [instance], formers: [] });
  });

  it('replaces records and forgets what they no longer have', async () => {
    const { jobId: _, deadlineMs: __, ...bare } = instance;
    const stopped = { ...deployment, wanted: 'stopped', stopMode: 'now' } as const;
    const remembered = await using(openSqliteStore(file), async (store) => {
      await store.commit(put);
      await store.commit([
        { type: 'instance.put', record: bare },
        { type: 'deployment.put', record: stopped },
      ]);
      return store.load();
    });
    expect(remembered).toEqual({ deployments: [stopped], instances: [bare], formers: [] });
  });

  it('knows the instances that were replaced', async () => {
    const next = { ...instance, id: 'bbbbbbbb', enrolmentHash: 'other', createdMs: 3 };
    const { remembered, listed } = await using(openSqliteStore(file), async (store) => {
      await store.commit(put);
      await store.commit([
        { type: 'instance.put', record: next },
        { type: 'instance.put', record: { ...instance, former: true } },
      ]);
      return { remembered: await store.load(), listed: await store.listInstances({ deployment: 'a' }) };
    });
    expect(remembered.instances).toEqual([next]);
    expect(remembered.formers).toEqual([{ id: 'abcdefgh', deployment: 'a', enrolmentHash: 'hash', updatedMs: 2 }]);
    expect(listed.map(({ id }) => id)).toEqual(['bbbbbbbb', 'abcdefgh']);
  });

  it('stores an agent’s event once however often it comes', async () => {
    const events = await using(openSqliteStore(file), async (store) => {
      const source = { processId: 'p', id: 1 };
      await store.commit([happened('one', source), happened('own'), happened('own')]);
      await store.commit([happened('one', source), happened('two', { processId: 'q', id: 1 })]);
      const first = await store.listHistory({ deployment: 'a', after: 0, limit: 2 });
      const rest = await store.listHistory({ after: first.at(-1)!.seq, limit: 10 });
      expect(await store.listHistory({ deployment: 'b', after: 0, limit: 2 })).toEqual([]);
      return [...first, ...rest];
    });
    expect(events.map(({ kind }) => kind)).toEqual(['one', 'own', 'own', 'two']);
  });

  it('commits all or nothing', async () => {
    const broken = { ...deployment, name: 'b', model: null } as unknown as DeploymentRecord;
    const remembered = await using(openSqliteStore(file), async (store) => {
      await expect(store.commit([...put, { type: 'deployment.put', record: broken }])).rejects.toThrow();
      return store.load();
    });
    expect(remembered.deployments).toEqual([]);
  });
});

describe('a record that cannot be read', () => {
  const keptInstance = { ...instance, id: 'bbbbbbbb', deployment: 'b' };
  const PUT_KEPT: Write[] = [
    { type: 'instance.put', record: keptInstance },
    { type: 'deployment.put', record: { ...deployment, name: 'b' } },
  ];

  it.each([
    [
      'life of a number out of bounds',
      "UPDATE instances SET life = json_set(life, '$.retired', 1e300) WHERE id = 'abcdefgh'",
    ],
    ['life that is no JSON', "UPDATE instances SET life = '{' WHERE id = 'abcdefgh'"],
    ['infinite deadline', "UPDATE instances SET deadline_ms = 9e999 WHERE id = 'abcdefgh'"],
    ['list that is none', `UPDATE instances SET served_models = '{"a":1}' WHERE id = 'abcdefgh'`],
  ])('for its %s is set aside whole, a fresh one waits in its place, and others stay', async (_what, spoil) => {
    await using(openSqliteStore(file), (store) => store.commit([...put, ...PUT_KEPT]));
    const raw = new DatabaseSync(file);
    raw.exec(spoil);
    const spoilt = raw.prepare("SELECT life FROM instances WHERE id = 'abcdefgh'").get();
    raw.close();
    const remembered = await using(openSqliteStore(file), (store) => store.load());
    const fresh = {
      id: 'abcdefgh',
      deployment: 'a',
      jobDir: '/j',
      enrolmentHash: 'hash',
      jobId: '7',
      servedModels: [],
      nodes: [],
    };
    const waiting = { phase: 'waiting', state: { status: 'submitted' }, retired: 0 };
    expect(remembered.instances).toMatchObject([{ ...fresh, life: waiting, createdMs: 1, updatedMs: 2 }, keptInstance]);
    expect(remembered.setAside).toMatchObject([{ table: 'instances', id: 'abcdefgh', replaced: true }]);
    // Once: the next opening finds a good one.
    const again = await using(openSqliteStore(file), (store) => store.load());
    expect(again).toEqual({ ...remembered, setAside: undefined });
    const kept = new DatabaseSync(file);
    const row = kept.prepare('SELECT record FROM set_aside').get();
    expect(JSON.parse(String(row?.['record']))).toMatchObject({ ...spoilt, id: 'abcdefgh' });
    kept.close();
  });

  it('of a deployment keeps what can be read of it', async () => {
    await using(openSqliteStore(file), (store) => store.commit(put));
    const raw = new DatabaseSync(file);
    raw.exec("UPDATE deployments SET wanted = 'perhaps'");
    raw.close();
    const remembered = await using(openSqliteStore(file), (store) => store.load());
    expect(remembered).toMatchObject({
      deployments: [deployment],
      instances: [instance],
      setAside: [{ table: 'deployments', id: 'a', replaced: true }],
    });
  });

  it('is refused when it is written, with the field', async () => {
    const wrong: Write = { type: 'instance.put', record: { ...instance, deadlineMs: Infinity } };
    await using(openSqliteStore(file), async (store) => {
      await expect(store.commit([...PUT_KEPT, wrong])).rejects.toMatchObject({
        code: 'record_refused',
        message: expect.stringContaining('deadlineMs'),
      });
      expect((await store.load()).instances).toEqual([]);
    });
  });
});

describe('openDatabase', () => {
  it('lets a file of an older control shrink from then on', async () => {
    const old = new DatabaseSync(file);
    createSqliteSession(old).migrate(MIGRATIONS.slice(0, 2));
    old.exec(`INSERT INTO history (at_ms, deployment, instance_id, kind, message)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      SELECT i, 'a', 'abcdefgh', 'k', printf('%.1000c', 'x') FROM n`);
    old.close();
    expect(statSync(file).size).toBeGreaterThan(2_000_000);
    await using(openSqliteStore(file), async (store) => {
      expect(await store.pruneHistory({ beforeMs: 0, most: 100, mostEach: 50 }, 5000)).toBe(1950);
      await store.settle();
      expect((await store.listHistory({ after: 0, limit: 1000 })).map(({ atMs }) => atMs)[0]).toBe(1951);
    });
    expect(statSync(file).size).toBeLessThan(300_000);
  });

  it('refuses a second opening while the first lasts', async () => {
    await using(openSqliteStore(file), async () => {
      expect(() => openDatabase(file)).toThrow(expect.objectContaining({ code: 'already_running' }));
    });
    openDatabase(file).connection.close();
  });

  it('refuses a damaged file and leaves it as it is', async () => {
    await using(openSqliteStore(file), (store) => store.commit(put));
    const damaged = readFileSync(file);
    damaged.fill(0x5a, 4096, 12_288);
    writeFileSync(file, damaged);
    expect(() => openDatabase(file)).toThrow(expect.objectContaining({ code: 'store_corrupt' }));
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  it('refuses a file that is no database and leaves it as it is', () => {
    writeFileSync(file, 'this is not a database, and long enough to be looked at as one');
    expect(() => openDatabase(file)).toThrow(
      expect.objectContaining({ code: 'store_corrupt', hint: expect.stringMatching(/backup/) }),
    );
    expect(readFileSync(file, 'utf8')).toMatch(/^this is not/);
  });

  it('refuses a file that a newer control has written', async () => {
    await using(openSqliteStore(file), (store) => store.commit(put));
    const raw = new DatabaseSync(file);
    raw.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 99999999999999)");
    raw.close();
    expect(() => openDatabase(file)).toThrow(expect.objectContaining({ code: 'store_newer' }));
  });

  it('writes through to the disk at each commit', () => {
    const { connection } = openDatabase(file);
    expect(connection.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(connection.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    connection.close();
  });
});
