// The memory never gets ahead of the disk: where a commit fails, it begins again from what is stored.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLog, Secret } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Registry } from './registry.ts';
import type { Entry } from './entry.ts';
import type { DeploymentRecord, InstanceRecord } from '../domain/records.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { ManualClock } from '@fairlead/kit/testing';

let root: string;
let store: Store;
let full = false;
let registry: Registry;
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
  registry = new Registry({ store, clock: new ManualClock(), log: silentLog, runDir: '/run', leaseMs: 15_000 });
  await registry.load();
});
afterEach(async () => {
  full = false;
  await store[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

function records(name: string): [DeploymentRecord, InstanceRecord] {
  const id = `id${name}`;
  const deployment = { name, model: 'm', servedModel: 's', engine: 'e', cluster: 'c', createdMs: 0 };
  const place = { role: 'current', replica: 0, former: false } as const;
  const instance = { id, deployment: name, ...place, jobDir: '/j', enrolmentHash: '', createdMs: 0, updatedMs: 0 };
  return [
    { ...deployment, wanted: 'running' },
    {
      ...instance,
      servedModels: [],
      nodes: [],
      life: { phase: 'waiting', state: { status: 'submitted' }, retired: 0 },
    },
  ];
}

describe('the registry', () => {
  it('takes back a change that could not be stored, keeps its agents, and goes on', async () => {
    await registry.put(...records('a'), '');
    const entry = registry.findInstance('ida')!;
    const link = { generation: 1, give: () => {}, fence: () => {}, drop: () => {} };
    registry.applyLive(entry, {
      type: 'link.attached',
      link,
      apiKey: new Secret('k'),
      agent: { version: '1', protocol: 1 },
    });
    full = true;
    const agent = { processId: 'p', restart: 0, hostname: 'n' };
    await expect(registry.put(...records('b'), '')).rejects.toThrow('disk is full');
    await expect(registry.apply(entry, { type: 'agent.enrolled', agent })).rejects.toThrow('disk is full');
    expect(registry.findInstance('ida')).toMatchObject({ presence: { link, apiKey: new Secret('k') } });
    expect(registry.findDeployment('b')).toBeUndefined();
    expect(registry.findInstance('ida')!.instance.life.phase).toBe('waiting');
    full = false;
    await registry.put(...records('b'), '');
    expect((await store.load()).deployments.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('keeps an ended instance until another takes its place, and knows it as a former one then', async () => {
    const [record, instance] = records('a');
    await registry.put(record, instance, '');
    const deployment = registry.findDeployment('a')!;
    const ids = () => deployment.instances.map((entry) => entry.instance.id);
    await registry.addInstance(deployment, { ...instance, id: 'second', role: 'successor' }, '');
    expect(ids()).toEqual(['ida', 'second']);
    const cause = { code: 'job_ended', message: '' } as const;
    const state = { status: 'failed', cause } as const;
    await registry.apply(registry.findInstance('ida')!, { type: 'job.observed', state });
    expect(ids()).toEqual(['ida', 'second']);
    await registry.addInstance(deployment, { ...instance, id: 'third', role: 'successor' }, '');
    expect(ids()).toEqual(['second', 'third']);
    expect(registry.findFormer('ida')).toMatchObject({ deployment: 'a' });
    await registry.load();
    expect(registry.findDeployment('a')!.instances.map((entry) => entry.instance.id)).toEqual(['second', 'third']);
    expect(registry.findFormer('ida')).toMatchObject({ deployment: 'a' });
  });

  it('tells its listeners of simultaneous changes once, after they are stored', async () => {
    await registry.put(...records('a'), '');
    const told: string[] = [];
    registry.changed.add((entries) => told.push([...(entries ?? [])].map(describeEntry).join()));
    const entry = registry.findInstance('ida')!;
    const queue = (reason: string) =>
      registry.apply(entry, { type: 'job.observed', state: { status: 'queued', reason } });
    const both = [queue('one'), queue('two')];
    expect(told).toEqual([]);
    await Promise.all(both);
    expect(told).toEqual(['a queued two']);
  });

  it('shows a moving percentage without storing it', async () => {
    await registry.put(...records('a'), '');
    const entry = registry.findInstance('ida')!;
    await registry.apply(entry, { type: 'agent.enrolled', agent: { processId: 'p', restart: 0, hostname: 'n' } });
    const report = (percent: number) =>
      registry.apply(entry, { type: 'instance.reported', state: { status: 'starting', phase: 'loading', percent } });
    await report(1);
    await report(50);
    expect(registry.viewInstance(entry).state).toMatchObject({ percent: 50 });
    expect((await store.findInstance('ida'))!.life.state).toMatchObject({ percent: 1 });
  });
});

function describeEntry({ deployment, instance }: Entry): string {
  const { state } = instance.life;
  return `${deployment.record.name} ${state.status} ${state.status === 'queued' ? state.reason : ''}`;
}
