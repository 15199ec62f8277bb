// Agents over real sockets and TLS: who gets in, who is fenced, what a lease does.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { WatchMessage } from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import { initIdentity } from '../state/identity.ts';
import type { FakeAgent } from '../testing/fake-agent.ts';
import { ManualClock } from '@fairlead/kit/testing';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

function isStatus(status: string, from = 0) {
  return (message: WatchMessage) =>
    message.type === 'deployment.changed' &&
    message.seq > from &&
    message.deployment.instances[0]?.state.status === status;
}

async function started(options: Parameters<typeof openTestControl>[0] = {}) {
  testControl = await openTestControl(options);
  const watch = await testControl.owner.watch();
  const made = { ...(await testControl.deploy('a')), name: 'a' };
  return { made, watch };
}

async function attended(
  options: Parameters<typeof openTestControl>[0] = {},
  more: Parameters<TestControl['agent']>[1] = {},
) {
  const { made, watch } = await started(options);
  const agent = await testControl.agent(made, { withData: true, ...more });
  await agent.next('control.welcome', true);
  agent.report({ status: 'ready' });
  await watch.find(isStatus('ready'));
  return { made, watch, agent };
}

/** What hangs is given up after 5 s and dialled again at most 5 s later. */
async function comeBack(agent: FakeAgent, clock: ManualClock): Promise<void> {
  const back = agent.next('control.welcome');
  agent.thaw();
  await clock.advance(11_000);
  await back;
}

describe('an agent', () => {
  it('does not talk to a control with another certificate', async () => {
    const { made } = await started();
    const other = await initIdentity(join(testControl.stateDir, 'other'));
    const agent = await testControl.agent(made, { certificate: other.certificate });
    expect(await agent.nextClose()).toMatchObject({ code: 1006 });
    expect(agent.welcome).toBeUndefined();
  });

  it('is refused with a token that is not its own', async () => {
    const { made } = await started();
    const other = await testControl.deploy('b');
    const agent = await testControl.agent(made, { token: other.enrolmentToken });
    expect(await agent.next('control.refused')).toMatchObject({ code: 'unauthorized' });
    expect(await agent.nextClose()).toMatchObject({ code: 1008 });
  });

  it('cannot speak for another instance, though it holds a real token', async () => {
    const { made } = await started();
    const other = await testControl.deploy('b');
    const agent = await testControl.agent(made, { hello: { instanceId: other.instanceId, deployment: 'b' } });
    expect(await agent.next('control.refused')).toMatchObject({ code: 'forbidden' });
    expect((await testControl.owner.call('GET', '/v1/deployments/b')).body.instances[0].state.status).toBe('submitted');
  });

  it('cannot reach the owners’ API over its own connection', async () => {
    const { made } = await started();
    const agent = await testControl.agent(made, { path: '/v1/watch', token: testControl.token });
    expect(await agent.nextClose()).toMatchObject({ code: 403 });
  });

  it('comes back with its instance token', async () => {
    const { made, agent } = await attended();
    const token = agent.welcome!.instanceToken;
    await agent.close();
    const again = await testControl.agent(made, { token, processId: agent.processId, generation: 2 });
    expect(await again.next('control.welcome', true)).toMatchObject({ instanceToken: token });
    const forged = await testControl.agent(made, { token, processId: 'another', generation: 3 });
    expect(await forged.next('control.refused', true)).toMatchObject({ code: 'unauthorized' });
  });

  it('is fenced by a newer restart, and its sockets go', async () => {
    const { made, agent, watch } = await attended();
    const fenced = agent.next('control.refused');
    const newer = await testControl.agent(made, { restart: 1, generation: 10_001, withData: true });
    await newer.next('control.welcome', true);
    expect(await fenced).toMatchObject({ code: 'fenced' });
    newer.report({ status: 'ready' });
    const ready = await watch.find(
      (message) =>
        message.type === 'deployment.changed' && message.deployment.instances[0]?.endpoints[0]?.generation === 10_001,
    );
    expect(ready).toMatchObject({ deployment: { instances: [{ restart: 1 }] } });
    expect(existsSync(join(testControl.runDir, `${made.instanceId}-1.sock`))).toBe(false);
    expect(existsSync(join(testControl.runDir, `${made.instanceId}-1.ctl`))).toBe(false);
    expect(existsSync(join(testControl.runDir, `${made.instanceId}-10001.sock`))).toBe(true);
  });

  it('of an earlier restart is refused', async () => {
    const { made } = await started();
    const newer = await testControl.agent(made, { restart: 1, generation: 10_002 });
    await newer.next('control.welcome', true);
    // Its socket lies above the newer one's, so that only its hello can give it away.
    const older = await testControl.agent(made, { restart: 0, generation: 10_003 });
    expect(await older.next('control.refused', true)).toMatchObject({ code: 'fenced' });
  });

  it('is refused beside another living process of the same restart', async () => {
    const { made } = await attended();
    const twin = await testControl.agent(made, { processId: 'twin', generation: 2 });
    expect(await twin.next('control.refused', true)).toMatchObject({ code: 'fenced' });
  });

  it('counts as lost when its lease ends, and as attended when it returns', async () => {
    const clock = new ManualClock();
    const { agent, watch, made } = await attended({ clock });
    const data = join(testControl.runDir, `${made.instanceId}-1.sock`);
    agent.freeze();
    await clock.advance(16_000);
    const lost = await watch.find(isStatus('failed'));
    expect(lost).toMatchObject({
      deployment: {
        instances: [{ state: { cause: { code: 'agent_lost', message: expect.stringMatching(/last seen ready/) } } }],
      },
    });
    expect(lost).not.toHaveProperty('deployment.instances.0.endpoints.0');
    expect(existsSync(data)).toBe(false);
    await comeBack(agent, clock);
    agent.report({ status: 'ready' });
    await watch.find(isStatus('ready', lost.seq));
    // The very socket it reports, which was put aside meanwhile.
    expect(existsSync(data)).toBe(true);
    expect((await testControl.owner.call('GET', '/v1/endpoints/a')).status).toBe(200);
  });

  it.each<[string, (agent: FakeAgent) => void]>([
    ['a heartbeat', (agent) => agent.send({ type: 'instance.heartbeat', load: { inFlight: 0 } })],
    ['a chunk of a log', (agent) => agent.send({ type: 'log.chunk', orderId: 'o', lines: [] })],
    ['the acceptance of an order', (agent) => agent.send({ type: 'order.accepted', orderId: 'o' })],
    ['a message that only a newer control knows', (agent) => agent.socket?.send('{"type":"news.from.later"}')],
    ['a ping', (agent) => agent.socket?.ping()],
  ])('keeps its lease by whatever it says: %s', async (_what, say) => {
    const clock = new ManualClock();
    const { agent } = await attended({ clock }, { heartbeatMs: 0 });
    const lease = async () => {
      const { body } = await testControl.owner.call('GET', '/v1/deployments/a');
      return body.instances[0].leaseUntilMs - clock.now();
    };
    for (let turn = 1; turn <= 4; turn += 1) {
      await clock.advance(10_000);
      expect(await lease()).toBe(5000);
      say(agent);
      await expect.poll(lease).toBe(15_000);
    }
  });

  it('may be another process of the same restart once the lease has ended', async () => {
    const clock = new ManualClock();
    const { agent, watch, made } = await attended({ clock });
    await agent.close();
    await clock.advance(16_000);
    await watch.find(isStatus('failed'));
    const next = await testControl.agent(made, { processId: 'next', generation: 2 });
    await clock.advance(3000);
    await next.next('control.welcome', true);
  });

  it('keeps its lease by heartbeats', async () => {
    const clock = new ManualClock();
    const { agent, watch } = await attended({ clock });
    for (let id = 1; id <= 3; id += 1) {
      await clock.advance(14_000);
      const heard = agent.next('event.recorded');
      agent.send({ type: 'instance.heartbeat', load: { inFlight: id } });
      agent.send({ type: 'event.happened', id, atMs: 0, kind: 'beat', message: '' });
      await heard;
    }
    expect(watch.messages.some(isStatus('failed'))).toBe(false);
    expect((await testControl.owner.call('GET', '/v1/deployments/a')).body.instances[0].load).toEqual({ inFlight: 3 });
  });

  it('has a whole lease to come back after a restart of control', async () => {
    const clock = new ManualClock();
    const { agent, watch } = await attended({ clock });
    await agent.close();
    await clock.advance(14_000);
    await testControl.restart();
    const again = await testControl.owner.watch();
    await clock.advance(14_000);
    expect((await testControl.owner.call('GET', '/v1/deployments/a')).body.instances[0].state.status).toBe('ready');
    await clock.advance(2000);
    await again.find(isStatus('failed'));
    expect(watch.messages.some(isStatus('failed'))).toBe(false);
  });

  it('does not count as lost for a time in which control itself was held up', async () => {
    const clock = new ManualClock();
    const { watch } = await attended({ clock });
    clock.jump(60_000);
    await clock.advance(1000);
    await testControl.owner.call('GET', '/v1/hello');
    expect(watch.messages.some(isStatus('failed'))).toBe(false);
  });

  it('gets the order to drain again if it missed it', async () => {
    const clock = new ManualClock();
    const { agent, watch } = await attended({ clock });
    agent.freeze();
    await clock.advance(16_000);
    await watch.find(isStatus('failed'));
    const stopped = await testControl.owner.call('DELETE', '/v1/deployments/a?mode=now');
    expect(stopped.body).toMatchObject({ delivered: false, deployment: { wanted: 'stopped' } });
    const order = agent.next('instance.stop');
    await comeBack(agent, clock);
    await order;
  });

  it('has its events recorded once', async () => {
    const { agent } = await attended();
    const event = { type: 'event.happened', id: 1, atMs: 77, kind: 'engine.started', message: 'pid 1' } as const;
    const first = agent.next('event.recorded');
    agent.send(event);
    expect(await first).toEqual({ type: 'event.recorded', id: 1 });
    const second = agent.next('event.recorded');
    agent.send(event);
    await second;
    const { body } = await testControl.owner.call('GET', '/v1/events?deployment=a');
    const stored = body.events.filter(({ kind }: { kind: string }) => kind === 'engine.started');
    expect(stored).toMatchObject([{ atMs: 77, message: 'pid 1' }]);
  });

  it('whose deployment was replaced is told that it is fenced', async () => {
    const clock = new ManualClock();
    const { made, agent, watch } = await attended({ clock });
    agent.freeze();
    await clock.advance(16_000);
    await watch.find(isStatus('failed'));
    const next = await testControl.deploy('a');
    expect(next.instanceId).not.toBe(made.instanceId);
    const fenced = agent.next('control.refused');
    agent.thaw();
    await clock.advance(11_000);
    expect(await fenced).toMatchObject({ code: 'fenced', message: expect.stringMatching(/another instance/) });
    const { instances } = (await testControl.owner.call('GET', '/v1/instances?deployment=a')).body;
    expect(instances.map(({ id }: { id: string }) => id)).toEqual([next.instanceId, made.instanceId]);
  });
});

describe('the agent link', () => {
  it.each([
    ['text that is not JSON', 'nonsense', 'no JSON object'],
    ['a message without a type', '{}', 'no JSON object with a type'],
    ['anything before hello', '{"type":"instance.heartbeat","load":{"inFlight":0}}', 'say agent.hello first'],
    ['a hello with a bad field', '{"type":"agent.hello","instanceId":"../../etc"}', 'agent.hello because'],
  ])('refuses %s', async (_title, text, message) => {
    const { made } = await started();
    const agent = await testControl.agent(made, { firstText: text });
    expect(await agent.next('control.refused')).toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining(message),
    });
  });

  it('closes on a frame over the limit', async () => {
    const { made } = await started();
    const agent = await testControl.agent(made, { firstText: ' '.repeat(1024 * 1024 + 1) });
    expect(await agent.nextClose()).toMatchObject({ code: 1009 });
  });

  it('ignores a message of a kind it does not know', async () => {
    const { agent, watch } = await attended();
    agent.socket?.send('{"type":"agent.sang","song":"la"}');
    agent.report({ status: 'degraded', reason: 'slow' });
    await watch.find(isStatus('degraded'));
  });

  it('does not offer an endpoint whose socket is not there', async () => {
    const { agent, watch } = await attended();
    agent.report({ status: 'degraded', reason: 'new tunnel' }, { endpointGeneration: 9 });
    const told = await watch.find(isStatus('degraded'));
    expect(told).not.toHaveProperty('deployment.instances.0.endpoints.0');
    const answer = await testControl.owner.call('GET', '/v1/endpoints/a');
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { message: expect.stringMatching(/tunnel .* is down/) } },
    });
  });
});
