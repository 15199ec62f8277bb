// The memory never gets ahead of the disk: where a commit fails, it begins again from what is stored.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLog } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Directory } from './directory.ts';
import type { Entry } from './entry.ts';
import type { DeploymentRecord, InstanceRecord } from './domain/records.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import type { Store } from './store/store.ts';
import { ManualClock } from './testing/manual-clock.ts';

let root: string;
let store: Store;
let full = false;
let directory: Directory;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'fl-dir-'));
  const real = openSqliteStore(join(root, 'control.db'));
  store = {
    ...real,
    commit: async (writes) => {
      if (full) throw new Error('disk is full');
      return real.commit(writes);
    },
  };
  directory = new Directory({ store, clock: new ManualClock(), log: silentLog, runDir: '/run', leaseMs: 15_000 });
  await directory.load();
});
afterEach(async () => {
  full = false;
  await store[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

function records(name: string): [DeploymentRecord, InstanceRecord] {
  const id = `id${name}`;
  const deployment = { name, model: 'm', servedModel: 's', engine: 'e', cluster: 'c', createdMs: 0, instanceId: id };
  const instance = { id, deployment: name, jobDir: '/j', enrolmentHash: '', createdMs: 0, updatedMs: 0 };
  return [
    { ...deployment, wanted: 'running' },
    { ...instance, models: [], gpus: [], life: { phase: 'waiting', state: { status: 'submitted' }, retired: 0 } },
  ];
}

describe('the directory', () => {
  it('forgets what could not be stored, keeps its agents, and goes on', async () => {
    await directory.put(...records('a'), '');
    const entry = directory.findDeployment('a')!;
    const line = { generation: 1, give: () => {}, fence: () => {}, drop: () => {} };
    Object.assign(entry, { line, apiKey: 'k' });
    full = true;
    const agent = { processId: 'p', restart: 0, hostname: 'n' };
    await expect(directory.put(...records('b'), '')).rejects.toThrow('disk is full');
    await expect(directory.apply(entry, { type: 'agent.enrolled', agent })).rejects.toThrow('disk is full');
    expect(directory.findDeployment('a')).toMatchObject({ line, apiKey: 'k' });
    expect(directory.findDeployment('b')).toBeUndefined();
    expect(directory.findDeployment('a')!.instance.life.phase).toBe('waiting');
    full = false;
    await directory.put(...records('b'), '');
    expect((await store.load()).deployments.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('tells of several changes of one moment once, after they are stored', async () => {
    await directory.put(...records('a'), '');
    const told: string[] = [];
    directory.changed.add((entries) => told.push([...(entries ?? [])].map(describeEntry).join()));
    const entry = directory.findDeployment('a')!;
    const queue = (reason: string) =>
      directory.apply(entry, { type: 'job.observed', state: { status: 'queued', reason } });
    const both = [queue('one'), queue('two')];
    expect(told).toEqual([]);
    await Promise.all(both);
    expect(told).toEqual(['a queued two']);
  });

  it('shows a moving percentage without storing it', async () => {
    await directory.put(...records('a'), '');
    const entry = directory.findDeployment('a')!;
    await directory.apply(entry, { type: 'agent.enrolled', agent: { processId: 'p', restart: 0, hostname: 'n' } });
    const report = (percent: number) =>
      directory.apply(entry, { type: 'instance.reported', state: { status: 'starting', phase: 'loading', percent } });
    await report(1);
    await report(50);
    expect(directory.viewInstance(entry).state).toMatchObject({ percent: 50 });
    expect((await store.findInstance('ida'))!.life.state).toMatchObject({ percent: 1 });
  });
});

function describeEntry({ deployment, instance }: Entry): string {
  const { state } = instance.life;
  return `${deployment.name} ${state.status} ${state.status === 'queued' ? state.reason : ''}`;
}
