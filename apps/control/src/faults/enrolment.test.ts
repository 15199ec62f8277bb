// Agents that may not speak, or not any more: forged and stolen tokens, another's instance, former generations. And one
// whose clock is off.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { EventView, WatchMessage } from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import type { FakeAgentOptions } from '../testing/fake-agent.ts';
import { ManualClock } from '@fairlead/kit/testing';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

function isReady(generation: number) {
  return (message: WatchMessage) =>
    message.type === 'deployment.changed' &&
    message.deployment.instances[0]?.state.status === 'ready' &&
    message.deployment.instances[0]?.endpoints[0]?.generation === generation;
}

async function opened(options: Parameters<typeof openTestControl>[0] = {}) {
  testControl = await openTestControl(options);
  const a = { ...(await testControl.deploy('a')), name: 'a' };
  const b = { ...(await testControl.deploy('b')), name: 'b' };
  return { a, b, watch: await testControl.owner.watch({ query: 'events=true' }) };
}

async function eventsOf(name: string, kind: string): Promise<EventView[]> {
  const { events } = (await testControl.owner.call('GET', `/v1/events?deployment=${name}&limit=1000`)).body;
  return events.filter((event: EventView) => event.kind === kind);
}

describe('An agent', () => {
  it('with a forged enrolment token is refused, and the history says so once', async () => {
    const { a, watch } = await opened({ clock: new ManualClock() });
    const forged = await testControl.agent(a, { token: 'fle_forged_by_somebody_else' });
    expect(await forged.next('control.refused', true)).toMatchObject({ code: 'unauthorized' });
    await watch.find((message) => message.type === 'event.added' && message.event.kind === 'agent.refused');
    await forged.close();
    const again = await testControl.agent(a, { token: 'fle_forged_by_somebody_else', generation: 2 });
    expect(await again.next('control.refused', true)).toMatchObject({ code: 'unauthorized' });
    const said = await eventsOf('a', 'agent.refused');
    expect(said.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^An agent was refused \(unauthorized\): cannot enrol because the token is not one of/),
    ]);
    expect(JSON.stringify(said)).not.toContain('fle_');
    expect((await testControl.owner.call('GET', '/v1/deployments/a')).body.instances[0].state.status).toBe('submitted');
  });

  it.each([
    [
      'at its own socket, in the name of the other',
      (b: string): Partial<FakeAgentOptions> => ({ hello: { instanceId: b, deployment: 'b' } }),
      'forbidden',
    ],
    [
      'at a socket that it made for the other',
      (b: string): Partial<FakeAgentOptions> => ({ instanceId: b, deployment: 'b' }),
      'unauthorized',
    ],
  ] as const)('with a stolen enrolment token is refused as another instance: %s', async (_title, claim, code) => {
    const { a, b, watch } = await opened();
    const thief = await testControl.agent(a, claim(b.instanceId));
    expect(await thief.next('control.refused', true)).toMatchObject({ code });
    // Said where the socket is: that is what its owner looks at.
    const where = thief.options.deployment;
    await watch.find(
      (message) =>
        message.type === 'event.added' &&
        message.event.kind === 'agent.refused' &&
        message.event.deployment === where &&
        message.event.message.includes(`(${code})`),
    );
    for (const name of ['a', 'b']) {
      const [instance] = (await testControl.owner.call('GET', `/v1/deployments/${name}`)).body.instances;
      expect(instance.state.status).toBe('submitted');
    }
  });

  it('with a stolen token of a running instance is refused beside the one that runs', async () => {
    const { a, watch } = await opened();
    const real = await testControl.agent(a, { withData: true });
    await real.next('control.welcome', true);
    real.report({ status: 'ready' });
    await watch.find(isReady(1));
    const thief = await testControl.agent(a, { processId: 'thief', generation: 7, withData: true });
    expect(await thief.next('control.refused', true)).toMatchObject({ code: 'fenced' });
    expect((await testControl.owner.call('GET', '/v1/endpoints/a')).body.endpoints[0].generation).toBe(1);
    expect(await eventsOf('a', 'agent.refused')).toHaveLength(1);
  });

  it('of a former generation that comes back is fenced, and its sockets stay unused', async () => {
    const { a, watch } = await opened();
    const old = await testControl.agent(a, { withData: true });
    await old.next('control.welcome', true);
    old.report({ status: 'ready' });
    await watch.find(isReady(1));
    // Its tunnel froze; the job was requeued and its new start made the next generations.
    old.freeze();
    const newer = await testControl.agent(a, { restart: 1, generation: 10_001, withData: true });
    await newer.next('control.welcome', true);
    newer.report({ status: 'ready' });
    await watch.find(isReady(10_001));
    await old.close();
    const back = await testControl.agent(a, { processId: old.processId, generation: 10_002, withData: true });
    expect(await back.next('control.refused', true)).toMatchObject({
      code: 'fenced',
      message: expect.stringContaining('restart 1 of the job has taken over'),
    });
    expect((await testControl.owner.call('GET', '/v1/endpoints/a')).body.endpoints[0].generation).toBe(10_001);
    expect(existsSync(join(testControl.runDir, `${a.instanceId}-1.sock`))).toBe(false);
  });

  it.each([
    ['behind', -600_000],
    ['ahead', 600_000],
  ])('whose clock is 10 minutes %s keeps its lease, and its times are set right', async (_way, offMs) => {
    const clock = new ManualClock();
    const { a, watch } = await opened({ clock });
    const there = () => clock.now() + offMs;
    const agent = await testControl.agent(a, { hello: { clockMs: there() }, withData: true });
    await agent.next('control.welcome', true);
    const deadlineMs = clock.now() + 3_600_000;
    agent.report({ status: 'ready' }, { deadlineMs: deadlineMs + offMs });
    const ready = await watch.find(isReady(1));
    expect(ready).toMatchObject({ deployment: { instances: [{ deadlineMs }] } });
    const happened = clock.now();
    const recorded = agent.next('event.recorded');
    agent.send({ type: 'event.happened', id: 1, atMs: there(), kind: 'engine.started', message: '' });
    await recorded;
    expect(await eventsOf('a', 'engine.started')).toMatchObject([{ atMs: happened, recordedMs: happened }]);
    expect(await eventsOf('a', 'clock.differs')).toMatchObject([
      { message: expect.stringMatching(/^The clock of node1 is 600 s (behind|ahead of) the bastion's/) },
    ]);
    // The lease runs by control's own clock: heartbeats keep it, silence ends it, whatever the agent's clock says.
    await clock.advance(14_000);
    expect((await testControl.owner.call('GET', '/v1/deployments/a')).body.instances[0].state.status).toBe('ready');
    agent.freeze();
    await clock.advance(16_000);
    const lost = (await testControl.owner.call('GET', '/v1/deployments/a')).body.instances[0].state;
    expect(lost.cause).toMatchObject({
      code: 'agent_lost',
      hint: expect.stringMatching(/logs --source agent.*logs --source job.*comes back by itself/),
    });
    // On its next connection it is not said again.
    const welcome = agent.next('control.welcome');
    agent.thaw();
    await clock.advance(11_000);
    await welcome;
    expect(await eventsOf('a', 'clock.differs')).toHaveLength(1);
  });
});
