// One greedy agent among others: control bounds and counts what it tells, and other agents lose nothing.

import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { socketName } from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import { eventBurst } from '../domain/event-allowance.ts';
import type { FakeAgent } from '../testing/fake-agent.ts';
import { ManualClock } from '@fairlead/kit/testing';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

async function history(deployment: string): Promise<Array<{ kind: string; message: string }>> {
  return (await testControl.owner.call('GET', `/v1/events?deployment=${deployment}&last=1000`)).body.events;
}

/** Resolves when all of them are acknowledged. */
async function flood(agent: FakeAgent, events: number): Promise<void> {
  const done = new Promise<void>((resolve) =>
    agent.received.add((message) => message.type === 'event.recorded' && message.id === events && resolve()),
  );
  for (let id = 1; id <= events; id += 1)
    agent.send({ type: 'event.happened', id, atMs: id, kind: 'flood', message: 'x'.repeat(1000) });
  await done;
}

describe('An agent that sends events without end', () => {
  it('fills no more of the history than its share, is acknowledged, and what was left out is counted there', async () => {
    const clock = new ManualClock();
    testControl = await openTestControl({ clock });
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    await testControl.deploy('b');
    const agent = await testControl.agent(made);
    await agent.next('control.welcome', true);
    await flood(agent, 3000);
    const floods = (await history('a')).filter(({ kind }) => kind === 'flood');
    expect(floods.length).toBeLessThanOrEqual(eventBurst);
    expect(await history('b')).toMatchObject([{ kind: 'deployment.created' }]);
    const told = async () => (await history('a')).find(({ kind }) => kind === 'events.left_out');
    while (!(await told())) await clock.advance(1000);
    expect((await told())!.message).toMatch(new RegExp(`^${3000 - floods.length} events of the agent were left out`));
  });

  it('fills no more of the history with reports that keep changing, and its end is stored all the same', async () => {
    testControl = await openTestControl({ clock: new ManualClock() });
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    const agent = await testControl.agent(made);
    await agent.next('control.welcome', true);
    for (let n = 0; n < 400; n += 1) agent.report(n % 2 ? { status: 'ready' } : { status: 'degraded', reason: `${n}` });
    agent.report({ status: 'failed', cause: { code: 'engine_crash_loop', message: 'it crashes' } });
    await expect.poll(async () => (await history('a')).at(-1)?.kind, { timeout: 15_000 }).toBe('instance.failed');
    expect((await history('a')).length).toBeLessThanOrEqual(eventBurst + 5);
  });
});

describe('A job key that leaked', () => {
  it('delays no other deployment by sockets that do not answer, and keeps few of them', async () => {
    testControl = await openTestControl();
    const a = await testControl.deploy('a');
    const made = { ...(await testControl.deploy('b')), name: 'b' };
    const first = await testControl.agent(made);
    await first.next('control.welcome', true);
    const silent = Array.from({ length: 200 }, (_, n) =>
      createServer().listen(join(testControl.runDir, socketName(a.instanceId, n + 1, 'control'))),
    );
    await Promise.all(silent.map((server) => once(server, 'listening')));
    await first.close();
    const sinceMs = performance.now();
    const back = await testControl.agent(made, { generation: 2, processId: first.processId });
    await back.next('control.welcome', true);
    // A dial that is not answered takes 5 s.
    expect(performance.now() - sinceMs).toBeLessThan(4000);
    const left = () => readdirSync(testControl.runDir).filter((name) => name.startsWith(a.instanceId)).length;
    await expect.poll(left, { timeout: 10_000 }).toBeLessThanOrEqual(8);
    for (const server of silent) server.close();
  });
});

describe('The history', () => {
  it('of one deployment is cut to its share, that of others stays, and the file gives its room back', async () => {
    const clock = new ManualClock();
    testControl = await openTestControl({ clock, keeping: { keepEventsEach: 50 } });
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    await testControl.deploy('b');
    const agent = await testControl.agent(made);
    await agent.next('control.welcome', true);
    const file = join(testControl.stateDir, 'control.db');
    let id = 0;
    for (let round = 0; round < 12; round += 1) {
      const last = (id += 90);
      const heard = new Promise<void>((resolve) =>
        agent.received.add((message) => message.type === 'event.recorded' && message.id === last && resolve()),
      );
      for (let n = id - 89; n <= id; n += 1)
        agent.send({ type: 'event.happened', id: n, atMs: n, kind: 'k', message: 'x'.repeat(4000) });
      await heard;
      // Its lease is renewed, its allowance filled.
      for (let n = 0; n < 10; n += 1) {
        agent.send({ type: 'instance.heartbeat', load: { inFlight: 0 } });
        await clock.advance(10_000);
      }
    }
    const pruned = async () => (await history('a')).length <= 150;
    while (!(await pruned())) await clock.advance(100);
    expect(await history('b')).toMatchObject([{ kind: 'deployment.created' }]);
    await testControl.stop();
    expect(statSync(file).size).toBeLessThan(1_500_000);
    await testControl.restart();
  });
});
