// Every port of control fails for a while, in every loop and handler that uses it: control goes on, and serves when the port is back.

import { afterEach, describe, expect, it } from 'vitest';

import type { ControlPorts } from '../control-options.ts';
import type { FakeAgent } from '../testing/fake-agent.ts';
import { ManualClock } from '@fairlead/kit/testing';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

const hourMs = 3_600_000;

let testControl: TestControl;
const broken = new Set<string>();
let asked: Set<string>;
afterEach(async () => {
  broken.clear();
  await testControl[Symbol.asyncDispose]();
});

/** A port whose methods fail while their names are in `broken`: at once, or as the promises that they return. */
function breakable<T extends object>(port: T, fails: 'throws' | 'rejects'): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (!broken.has(String(name))) return Reflect.apply(value, target, args);
        asked.add(String(name));
        const error = Object.assign(new Error(`EIO: i/o error, ${String(name)}`), { code: 'EIO' });
        if (fails === 'rejects') return Promise.reject(error);
        throw error;
      };
    },
  });
}

const storePort: ControlPorts = { store: (store) => breakable(store, 'rejects') };
const storeAtOnce: ControlPorts = { store: (store) => breakable(store, 'throws') };
const runDirPort: ControlPorts = { runDir: (runDir) => breakable(runDir, 'throws') };
const ownersPort: ControlPorts = { owners: (owners) => breakable(owners, 'throws') };

const cases: ReadonlyArray<{ port: string; ports: ControlPorts; methods: string[] }> = [
  ...['commit', 'listInstances', 'findInstance', 'listHistory', 'pruneHistory', 'settle'].map((method) => ({
    port: `store.${method}`,
    ports: storePort,
    methods: [method],
  })),
  { port: 'store.commit and store.load', ports: storePort, methods: ['commit', 'load'] },
  { port: 'store.commit and store.load, at once', ports: storeAtOnce, methods: ['commit', 'load'] },
  ...['list', 'listParked', 'park', 'reclaim', 'hasSocket', 'unlinkSocket', 'unlinkParked', 'file'].map((method) => ({
    port: `runDir.${method}`,
    ports: runDirPort,
    methods: [method],
  })),
  ...['check', 'isValid'].map((method) => ({ port: `owners.${method}`, ports: ownersPort, methods: [method] })),
];

/** Everything that makes control use its ports: calls, reports, a new tunnel, a lost agent, an old socket, the hour of the pruner. */
async function exercise(clock: ManualClock, made: { instanceId: string }, agent: FakeAgent): Promise<void> {
  const { owner } = testControl;
  const calls = [
    owner.call('GET', '/v1/deployments'),
    owner.call('GET', '/v1/instances'),
    owner.call('GET', `/v1/instances/${made.instanceId}`),
    owner.call('GET', '/v1/events'),
    owner.call('DELETE', '/v1/deployments/b'),
  ];
  agent.report({ status: 'degraded', reason: 'slow' });
  await clock.advance(3000);
  await using again = await testControl.agent(
    { instanceId: made.instanceId, enrolmentToken: agent.options.token, name: 'a' },
    { generation: 2, processId: agent.processId, withData: true },
  );
  await clock.advance(3000);
  again.report({ status: 'ready' });
  await clock.advance(3000);
  again.freeze();
  agent.freeze();
  await clock.advance(20_000);
  await clock.advance(400_000, 1000);
  await clock.advance(hourMs, 60_000);
  await Promise.allSettled(calls);
}

describe('Control survives that', { timeout: 60_000 }, () => {
  it.each(cases)('$port fails for a while', async ({ ports, methods }) => {
    asked = new Set();
    const clock = new ManualClock();
    testControl = await openTestControl({ clock, ports });
    const made = await testControl.deploy('a');
    await testControl.deploy('b');
    await testControl.owner.watch();
    const agent = await testControl.agent({ ...made, name: 'a' }, { withData: true });
    while (!agent.welcome) await clock.advance(50);
    agent.report({ status: 'ready' });
    for (const method of methods) broken.add(method);
    await exercise(clock, made, agent);
    // What control reads of the disk takes its own time, which the clock of the test does not give.
    const askedSoon = async () => {
      await clock.advance(2100);
      return [...asked].toSorted();
    };
    await expect.poll(askedSoon, { timeout: 20_000 }).toEqual(methods.toSorted());
    broken.clear();

    await clock.advance(5000);
    expect((await testControl.owner.call('GET', '/readyz')).status).toBe(200);
    const after = await testControl.deploy('after');
    const fresh = await testControl.agent({ ...after, name: 'after' }, { withData: true });
    while (!fresh.welcome) await clock.advance(50);
    fresh.report({ status: 'ready' });
    const answers = async () => (await testControl.owner.call('GET', '/v1/endpoints/after')).status === 200;
    while (!(await answers())) await clock.advance(50);
    expect((await testControl.owner.call('GET', '/v1/events?last=5')).status).toBe(200);
  });
});
