import { Secret, silentLog, untilAborted } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import type { DeploymentView, EndpointView, InstanceState, InstanceView, WatchMessage } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { followOffers, type OfferSource } from './follow-offers.ts';
import type { ModelTable } from './offer.ts';

const ready: InstanceState = { status: 'ready' };
const address = { kind: 'bastion-socket' as const, socket: '/run/x.sock' };

function instance(id: string, state: InstanceState, generation = 1): InstanceView {
  const endpoints = state.status === 'ready' ? [{ generation, address }] : [];
  const facts = { deployment: 'd', role: 'current' as const, replica: 0, restart: 0, nodes: [], jobDir: '/j' };
  return { id, ...facts, state, servedModels: ['org/m'], endpoints, createdMs: 0, updatedMs: 0 };
}

function deployment(name: string, instances: InstanceView[], createdMs = 0): DeploymentView {
  const facts = { model: 'org/m', servedModel: 'org/m', engine: 'sim', cluster: 'c', wanted: 'running' as const };
  return { name, ...facts, createdMs, instances };
}

/** A control that tells what a test gives it. */
function openSource() {
  let deployments: DeploymentView[] = [];
  let watcher = Promise.withResolvers<WatchMessage>();
  const asked: string[] = [];
  const source: OfferSource = {
    async *watch(signal) {
      yield { type: 'snapshot', seq: 1, deployments };
      for (;;) yield await untilAborted(watcher.promise, signal);
    },
    async endpoints(name) {
      asked.push(name);
      const found = deployments.find((one) => one.name === name)?.instances ?? [];
      return found.flatMap(({ id, state, endpoints }) =>
        endpoints.map(({ generation }): EndpointView => {
          const facts = { deployment: name, role: 'current' as const, replica: 0, address, servedModel: 'org/m' };
          return { ...facts, instanceId: id, generation, apiKey: new Secret(`fl_${id}`), state };
        }),
      );
    },
  };
  return {
    source,
    asked,
    begin: (...list: DeploymentView[]) => (deployments = list),
    change(changed: DeploymentView) {
      deployments = [...deployments.filter(({ name }) => name !== changed.name), changed];
      const { resolve } = watcher;
      watcher = Promise.withResolvers();
      resolve({ type: 'deployment.changed', seq: 2, deployment: changed });
    },
    lose() {
      const { reject } = watcher;
      watcher = Promise.withResolvers();
      reject(new Error('control is gone'));
    },
  };
}

async function follow(control: ReturnType<typeof openSource>) {
  const clock = new ManualClock();
  const tables: ModelTable[] = [];
  const follower = followOffers({ ...control.source, onTable: (table) => tables.push(table), clock, log: silentLog });
  await follower.first;
  const offersOf = (id: string) =>
    tables
      .at(-1)
      ?.get(id)
      ?.offers.map(({ instanceId, generation }) => `${instanceId}-${generation}`);
  return { follower, clock, tables, offersOf };
}

describe('The models of a gateway', () => {
  it('have the names of their models and of their deployments, and the instances of all deployments of a model', async () => {
    const control = openSource();
    control.begin(
      deployment('a', [instance('i1', ready)]),
      deployment('b', [instance('i2', ready), instance('i3', { status: 'submitted' })]),
    );
    const { follower, tables, offersOf } = await follow(control);
    await using _ = follower;
    expect([...tables[0]!.keys()]).toEqual(['org/m', 'a', 'b']);
    expect([offersOf('org/m'), offersOf('a'), offersOf('b')]).toEqual([['i1-1', 'i2-1'], ['i1-1'], ['i2-1']]);
    expect(tables[0]!.get('b')?.offers[0]?.servedModel).toBe('org/m');
  });

  it('that are not up are listed with their state, and those that have ended are not', async () => {
    const control = openSource();
    const cause = { code: 'requested' as const, message: 'asked' };
    control.begin(
      deployment('a', [instance('i1', { status: 'queued', reason: 'Priority' })]),
      deployment('b', [instance('i2', { status: 'stopped', cause })]),
    );
    const { follower, tables } = await follow(control);
    await using _ = follower;
    expect(tables[0]!.get('a')).toMatchObject({ offers: [], state: { status: 'queued', reason: 'Priority' } });
    expect(tables[0]!.has('b')).toBe(false);
    expect(control.asked).toEqual([]);
  });

  it('follow a new generation, and ask control for nothing that has not changed', async () => {
    const control = openSource();
    control.begin(deployment('a', [instance('i1', ready)]), deployment('b', [instance('i2', ready)]));
    const { follower, tables, offersOf } = await follow(control);
    await using _ = follower;
    control.change(deployment('a', [instance('i1', ready, 2)]));
    await expect.poll(() => offersOf('a')).toEqual(['i1-2']);
    expect(control.asked).toEqual(['a', 'b', 'a']);
    expect(tables).toHaveLength(2);
  });

  it('stay while control is away, and are read anew when it is back', async () => {
    const control = openSource();
    control.begin(deployment('a', [instance('i1', ready)]));
    const { follower, clock, tables, offersOf } = await follow(control);
    await using _ = follower;
    control.lose();
    await clock.advance(100);
    expect(offersOf('a')).toEqual(['i1-1']);
    control.begin(deployment('a', [instance('i9', ready)]));
    await clock.advance(1_000);
    expect(offersOf('a')).toEqual(['i9-1']);
    expect(tables).toHaveLength(2);
  });
});

it('A gateway whose first connection to control fails does not begin', async () => {
  const watch = () => {
    throw new Error('no control');
  };
  const deps = { watch, endpoints: async () => [], onTable: () => undefined, clock: new ManualClock(), log: silentLog };
  await using follower = followOffers(deps);
  await expect(follower.first).rejects.toThrow('no control');
});
