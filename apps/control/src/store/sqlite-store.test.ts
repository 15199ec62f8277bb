// The store on a real file: what is put comes back, all or nothing, and a file that is not ours is left alone.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DeploymentRecord, InstanceRecord } from '../domain/records.ts';
import { openDatabase } from './open-database.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store, Write } from './store.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fl-store-'));
  file = join(directory, 'control.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

const DEPLOYMENT: DeploymentRecord = {
  name: 'a',
  model: 'm',
  servedModel: 's',
  engine: 'sim',
  cluster: 'c',
  wanted: 'running',
  createdMs: 1.5,
  instanceId: 'abcdefgh',
};
const INSTANCE: InstanceRecord = {
  id: 'abcdefgh',
  deployment: 'a',
  jobDir: '/j',
  enrolmentHash: 'hash',
  jobId: '7',
  life: { phase: 'waiting', state: { status: 'queued', reason: 'Priority' }, retired: 0 },
  models: ['x'],
  gpus: [],
  deadlineMs: 99,
  createdMs: 1,
  updatedMs: 2,
};
const PUT: Write[] = [
  { type: 'instance.put', record: INSTANCE },
  { type: 'deployment.put', record: DEPLOYMENT },
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
    await using(openSqliteStore(file), (store) => store.commit(PUT));
    const remembered = await using(openSqliteStore(file), (store) => store.load());
    expect(remembered).toEqual({ deployments: [DEPLOYMENT], instances: [INSTANCE], formers: [] });
  });

  it('replaces records and forgets what they no longer have', async () => {
    const { jobId: _, deadlineMs: __, ...bare } = INSTANCE;
    const stopped = { ...DEPLOYMENT, wanted: 'stopped', stopMode: 'now' } as const;
    const remembered = await using(openSqliteStore(file), async (store) => {
      await store.commit(PUT);
      await store.commit([
        { type: 'instance.put', record: bare },
        { type: 'deployment.put', record: stopped },
      ]);
      return store.load();
    });
    expect(remembered).toEqual({ deployments: [stopped], instances: [bare], formers: [] });
  });

  it('knows the instances that were replaced', async () => {
    const next = { ...INSTANCE, id: 'bbbbbbbb', enrolmentHash: 'other', createdMs: 3 };
    const { remembered, listed } = await using(openSqliteStore(file), async (store) => {
      await store.commit(PUT);
      await store.commit([
        { type: 'instance.put', record: next },
        { type: 'deployment.put', record: { ...DEPLOYMENT, instanceId: 'bbbbbbbb' } },
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
    const broken = { ...DEPLOYMENT, name: 'b', model: null } as unknown as DeploymentRecord;
    const remembered = await using(openSqliteStore(file), async (store) => {
      await expect(store.commit([...PUT, { type: 'deployment.put', record: broken }])).rejects.toThrow();
      return store.load();
    });
    expect(remembered.deployments).toEqual([]);
  });
});

describe('openDatabase', () => {
  it('refuses a second opening while the first lasts', async () => {
    await using(openSqliteStore(file), async () => {
      expect(() => openDatabase(file)).toThrow(expect.objectContaining({ code: 'already_running' }));
    });
    openDatabase(file).connection.close();
  });

  it('refuses a damaged file and leaves it as it is', async () => {
    await using(openSqliteStore(file), (store) => store.commit(PUT));
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
    await using(openSqliteStore(file), (store) => store.commit(PUT));
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
