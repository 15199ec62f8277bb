import type { DeploymentView, EventView } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { spentUntil } from './spent.ts';

const hour = 3_600_000;
const price = { perGpuHour: 100, unit: 'SU' };

function instanceOf(id: string, gpus: string[]) {
  return { id, nodes: [{ rank: 0, host: 'n1', gpus, state: { status: 'running' } }] };
}

const event = (instanceId: string, kind: string, atMs: number) => ({ instanceId, kind, atMs }) as EventView;
const deploymentOf = (...instances: object[]) => ({ name: 'a', instances }) as unknown as DeploymentView;

describe('What a deployment has cost', () => {
  it('is its GPUs for the hours since its agent came', () => {
    const events = [event('i1', 'deployment.created', 0), event('i1', 'agent.enrolled', hour)];
    const spent = spentUntil(deploymentOf(instanceOf('i1', ['a', 'b'])), { price, events, nowMs: 2.5 * hour });
    expect(spent).toEqual({ perHour: 200, total: 300, unit: 'SU' });
  });

  it('stays what it was at the end of the deployment', () => {
    const events = [event('i1', 'agent.enrolled', hour), event('i1', 'instance.failed', 2 * hour)];
    const spent = spentUntil(deploymentOf(instanceOf('i1', ['a'])), { price, events, nowMs: 9 * hour });
    expect(spent).toEqual({ perHour: 0, total: 100, unit: 'SU' });
  });

  it('adds up its instances, each from its own first agent on', () => {
    const events = [
      event('i1', 'agent.enrolled', 0),
      event('i2', 'agent.enrolled', hour),
      event('i1', 'agent.enrolled', hour),
    ];
    const both = deploymentOf(instanceOf('i1', ['a']), instanceOf('i2', ['b']));
    expect(spentUntil(both, { price, events, nowMs: 2 * hour })).toEqual({ perHour: 200, total: 300, unit: 'SU' });
  });

  it('is not told without GPUs, and where the start is not known', () => {
    const events = [event('i1', 'agent.enrolled', 0)];
    expect(spentUntil(deploymentOf(instanceOf('i1', [])), { price, events, nowMs: hour })).toBeUndefined();
    expect(spentUntil(deploymentOf(instanceOf('i2', ['a'])), { price, events, nowMs: hour })).toBeUndefined();
  });
});
