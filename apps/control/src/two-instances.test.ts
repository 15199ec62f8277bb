// A deployment with two instances that live at once: both are listed, both answer, and a dead one is left for the living one.

import { decodeValue, endpointList, pickEndpoint } from '@fairlead/protocol';
import { afterEach, expect, it } from 'vitest';

import type { FakeAgent } from './testing/fake-agent.ts';
import { openTestControl, type TestControl } from './testing/open-test-control.ts';

const choice = { kinds: ['bastion-socket'] };

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

const ask = async (method: string, path: string, body?: unknown) => testControl.owner.call(method, path, body);

async function serving(made: { instanceId: string; enrolmentToken: string }): Promise<FakeAgent> {
  const agent = await testControl.agent({ ...made, name: 'a' }, { withData: true });
  await agent.next('control.welcome', true);
  const { heard } = await changed(made.instanceId, 'ready', () => agent.report({ status: 'ready' }));
  expect(heard).toBe(true);
  return agent;
}

/** Acts, and waits until watchers are told that the instance is in that state. */
async function changed(id: string, status: string, act: () => unknown): Promise<{ heard: boolean }> {
  const watch = await testControl.owner.watch();
  const told = watch.find((message) =>
    (message.type === 'deployment.changed' ? [message.deployment] : []).some(({ instances }) =>
      instances.some((instance) => instance.id === id && instance.state.status === status),
    ),
  );
  await act();
  await told;
  watch.socket.terminate();
  return { heard: true };
}

async function openTwo(options: Parameters<typeof openTestControl>[0] = {}) {
  testControl = await openTestControl(options);
  const first = await testControl.deploy('a');
  const made = await ask('POST', '/v1/deployments/a/instances', { role: 'successor', jobDir: '/jobs/{instance}' });
  expect(made.status).toBe(201);
  const second = made.body as { instanceId: string; enrolmentToken: string };
  return { first, second, agents: [await serving(first), await serving(second)] as const };
}

async function endpoints() {
  const answer = await ask('GET', '/v1/endpoints/a');
  const decoded = decodeValue(endpointList, answer.body);
  return decoded.ok ? decoded.value.endpoints : [];
}

const shown = async () => (await ask('GET', '/v1/deployments/a')).body.instances as Array<Record<string, unknown>>;

it('a deployment lists both of its instances, the current one first, and where each answers', async () => {
  const { first, second } = await openTwo();
  expect(await shown()).toMatchObject([
    { id: first.instanceId, role: 'current', replica: 0, nodes: [{ rank: 0, host: 'node1' }] },
    { id: second.instanceId, role: 'successor', state: { status: 'ready' }, endpoints: [{ generation: 1 }] },
  ]);
  const found = await endpoints();
  expect(found.map(({ instanceId }) => instanceId)).toEqual([first.instanceId, second.instanceId]);
  expect(pickEndpoint(found, choice)?.instanceId).toBe(first.instanceId);
  expect((await ask('GET', '/v1/deployments')).body.deployments).toHaveLength(1);
});

it('an endpoint by a carrier that control does not know is passed on whole, told to watchers at once, and gone with the next report', async () => {
  const { first, agents } = await openTwo();
  const relayed = { generation: 5, address: { kind: 'relay', host: 'relay.example', port: 7 } };
  const watch = await testControl.owner.watch();
  const told = (count: number) =>
    watch.find(
      (message) => message.type === 'deployment.changed' && message.deployment.instances[0]?.endpoints.length === count,
    );
  agents[0].report({ status: 'ready' }, { endpoints: [relayed] });
  await told(2);
  expect(await shown()).toMatchObject([
    { endpoints: [{ generation: 1 }, relayed] },
    { endpoints: [{ generation: 1 }] },
  ]);
  const found = await endpoints();
  expect(pickEndpoint(found, { kinds: ['relay', 'bastion-socket'] })).toMatchObject({
    instanceId: first.instanceId,
    ...relayed,
  });
  expect(pickEndpoint(found, choice)).toMatchObject({ instanceId: first.instanceId, generation: 1 });
  agents[0].report({ status: 'ready' });
  await told(1);
  watch.socket.terminate();
});

it('requests leave a dead instance for the living one', async () => {
  const { first, second, agents } = await openTwo({ leaseMs: 2000, heartbeatMs: 50 });
  await changed(first.instanceId, 'failed', () => agents[0].close());
  const found = await endpoints();
  expect(found.map(({ instanceId }) => instanceId)).toEqual([second.instanceId]);
  expect(pickEndpoint(found, choice)?.instanceId).toBe(second.instanceId);
  expect(await shown()).toMatchObject([
    { id: first.instanceId, state: { cause: { code: 'agent_lost' } }, nodes: [{ state: { status: 'lost' } }] },
    { id: second.instanceId, state: { status: 'ready' } },
  ]);
});

it('a draining instance is listed and given to no new request', async () => {
  const { first, second, agents } = await openTwo();
  const cause = { code: 'deadline', message: 'the time limit' } as const;
  await changed(first.instanceId, 'draining', () => agents[0].report({ status: 'draining', untilMs: 1, cause }));
  expect((await endpoints()).map(({ instanceId }) => instanceId)).toEqual([second.instanceId]);
  expect(await shown()).toMatchObject([{ endpoints: [{ generation: 1 }] }, { endpoints: [{ generation: 1 }] }]);
});

it('a stop is sent to each agent, and counts as delivered only if each was connected', async () => {
  const { agents } = await openTwo();
  const told = agents.map((agent) => agent.next('instance.drain'));
  expect((await ask('DELETE', '/v1/deployments/a')).body).toMatchObject({ delivered: true });
  await Promise.all(told);
  const more = await ask('POST', '/v1/deployments/a/instances', { jobDir: '/j' });
  expect([more.status, more.body.error.code]).toEqual([503, 'draining']);
});

it('a stop is not delivered while one of two has no agent', async () => {
  testControl = await openTestControl();
  await serving(await testControl.deploy('a'));
  await ask('POST', '/v1/deployments/a/instances', { jobDir: '/j' });
  expect((await ask('DELETE', '/v1/deployments/a')).body).toMatchObject({ delivered: false });
});

it('two instances survive a restart of control', async () => {
  const { first, second } = await openTwo();
  await testControl.restart();
  expect((await shown()).map(({ id }) => id)).toEqual([first.instanceId, second.instanceId]);
});

it('the name of a deployment is taken while one of its instances lives, and free when both have ended', async () => {
  const { first, second, agents } = await openTwo();
  const cause = { code: 'requested', message: 'as asked' } as const;
  await changed(first.instanceId, 'stopped', () => agents[0].report({ status: 'stopped', cause }));
  const body = { name: 'a', model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j' };
  expect((await ask('POST', '/v1/deployments', body)).body.error.code).toBe('name_taken');
  await changed(second.instanceId, 'stopped', () => agents[1].report({ status: 'stopped', cause }));
  expect((await ask('POST', '/v1/deployments', body)).status).toBe(201);
  expect(await shown()).toHaveLength(1);
  expect((await ask('GET', '/v1/instances?deployment=a')).body.instances).toHaveLength(3);
});
