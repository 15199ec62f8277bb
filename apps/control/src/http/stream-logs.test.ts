// Logs from the agent to the reader: to the end, to a reader that leaves, to a slow one.

import { request } from 'node:http';
import { connect as connectTls } from 'node:tls';

import { afterEach, describe, expect, it } from 'vitest';

import type { FakeAgent } from '../testing/fake-agent.ts';
import { ManualClock } from '@fairlead/kit/testing';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

async function attended(): Promise<{ agent: FakeAgent; path: string }> {
  testControl = await openTestControl();
  const made = { ...(await testControl.deploy('a')), name: 'a' };
  const agent = await testControl.agent(made);
  await agent.next('control.welcome', true);
  return { agent, path: `/v1/instances/${made.instanceId}/logs` };
}

describe('a log', () => {
  it('streams from the agent as lines of JSON', async () => {
    const { agent, path } = await attended();
    const ordered = agent.next('log.tail');
    const answer = testControl.owner.call('GET', `${path}?source=agent&lines=5&follow=true`);
    const order = await ordered;
    expect(order).toMatchObject({ source: 'agent', lines: 5, follow: true });
    agent.send({ type: 'order.accepted', orderId: order.orderId });
    agent.send({ type: 'log.chunk', orderId: order.orderId, lines: ['one', 'two'] });
    agent.send({ type: 'log.chunk', orderId: order.orderId, lines: ['three'] });
    agent.send({ type: 'log.ended', orderId: order.orderId });
    expect(await answer).toMatchObject({ status: 200, body: '{"lines":["one","two"]}\n{"lines":["three"]}\n' });
  });

  it('says why it ended when the agent goes', async () => {
    const { agent, path } = await attended();
    const ordered = agent.next('log.tail');
    const answer = testControl.owner.call('GET', path);
    await ordered;
    await agent.close();
    expect((await answer).body).toBe('{"error":"the connection to the agent was lost"}\n');
  });

  it('is cancelled when the reader leaves', async () => {
    const { agent, path } = await attended();
    const ordered = agent.next('log.tail');
    const asked = request({
      path: `${path}?follow=true`,
      headers: { Authorization: `Bearer ${testControl.token}` },
      createConnection: () =>
        connectTls({ path: testControl.control.socketPath, ca: testControl.certificate, servername: 'control' }),
    });
    asked.on('error', () => undefined);
    asked.end();
    const { orderId } = await ordered;
    const cancelled = agent.next('log.cancel');
    asked.destroy();
    expect(await cancelled).toEqual({ type: 'log.cancel', orderId });
  });

  it('gives a slow reader everything, and its agent no more credit than that reader has room for', async () => {
    const { agent, path } = await attended();
    const ordered = agent.next('log.tail');
    const asked = request({
      path,
      headers: { Authorization: `Bearer ${testControl.token}` },
      createConnection: () =>
        connectTls({ path: testControl.control.socketPath, ca: testControl.certificate, servername: 'control' }),
    });
    asked.end();
    const order = await ordered;
    const { orderId } = order;
    const line = 'x'.repeat(64 * 1024);
    let sent = 0;
    const send = (credit: number) => {
      for (const before = sent; sent < Math.min(160, before + credit); sent += 1)
        agent.send({ type: 'log.chunk', orderId, lines: [line] });
      if (sent === 160) agent.send({ type: 'log.ended', orderId });
    };
    agent.received.add((message) => message.type === 'log.grant' && send(message.credit));
    send(order.credit);
    const response = await new Promise<NodeJS.ReadableStream>((resolve) => asked.on('response', resolve));
    // Control answers an event after everything that came before it.
    agent.send({ type: 'event.happened', id: 1, atMs: 0, kind: 'test.mark', message: '' });
    await agent.next('event.recorded', true);
    expect(sent).toBeLessThan(100);
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    expect(bytes).toBe(160 * (line.length + '{"lines":[""]}\n'.length));
  });

  it('whose reader does not read delays no heartbeat in three lease times', async () => {
    const clock = new ManualClock();
    testControl = await openTestControl({ clock });
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    const agent = await testControl.agent(made, { withData: true, heartbeatMs: 0 });
    await agent.next('control.welcome', true);
    agent.report({ status: 'ready' });
    const ordered = agent.next('log.tail');
    const asked = request({
      path: `/v1/instances/${made.instanceId}/logs`,
      headers: { Authorization: `Bearer ${testControl.token}` },
      createConnection: () =>
        connectTls({ path: testControl.control.socketPath, ca: testControl.certificate, servername: 'control' }),
    });
    asked.end();
    const { orderId, credit } = await ordered;
    for (let sent = 0; sent < credit; sent += 1)
      agent.send({ type: 'log.chunk', orderId, lines: ['x'.repeat(64 * 1024)] });
    for (let beat = 1; beat <= 10; beat += 1) {
      agent.send({ type: 'instance.heartbeat', load: { inFlight: beat } });
      agent.send({ type: 'event.happened', id: beat, atMs: 0, kind: 'test.mark', message: '' });
      await agent.next('event.recorded');
      await clock.advance(5000);
    }
    const { body } = await testControl.owner.call('GET', '/v1/deployments/a');
    expect(body.instances[0]).toMatchObject({ state: { status: 'ready' }, load: { inFlight: 10 } });
    asked.destroy();
  });

  it('cannot be had without an agent', async () => {
    testControl = await openTestControl();
    const made = await testControl.deploy('a');
    const answer = await testControl.owner.call('GET', `/v1/instances/${made.instanceId}/logs`);
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'not_ready' } } });
  });
});
