// Watchers over real sockets: order, one truth for all, and who falls behind.

import type { WatchMessage } from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import { collectGarbage } from '../testing/collect-garbage.ts';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

function reason(message: WatchMessage): string | undefined {
  if (message.type !== 'deployment.changed') return undefined;
  const state = message.deployment.instances[0]?.state;
  return state?.status === 'queued' ? state.reason : undefined;
}

function drainingMessage(message: WatchMessage): string {
  const deployment =
    message.type === 'snapshot' ? message.deployments[0] : 'deployment' in message ? message.deployment : undefined;
  const state = deployment?.instances[0]?.state;
  return state?.status === 'draining' ? state.cause.message : '';
}

/** Lines of 4,000 bytes, which no schema shortens. */
function longLines(count: number): string[] {
  return Array.from({ length: count }, () => 'x'.repeat(4_000));
}

async function observe(id: string, text: string): Promise<void> {
  const state = { status: 'queued', reason: text };
  const { status } = await testControl.owner.call('POST', `/v1/instances/${id}/observed`, { state });
  expect(status).toBe(200);
}

describe('a watcher', () => {
  it('gets a snapshot, then every change in order and without a gap', async () => {
    testControl = await openTestControl();
    const { instanceId } = await testControl.deploy('a');
    const watch = await testControl.owner.watch();
    expect(watch.messages).toMatchObject([{ type: 'snapshot', deployments: [{ name: 'a' }] }]);
    for (let n = 1; n <= 20; n += 1) await observe(instanceId, `${n}`);
    await watch.find((message) => reason(message) === '20');
    const start = watch.messages[0]!.seq;
    expect(watch.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, n) => start + n));
    expect(watch.messages.slice(1).map(reason)).toEqual(Array.from({ length: 20 }, (_, n) => `${n + 1}`));
  });

  it('is told of a change only when it is on disk', async () => {
    testControl = await openTestControl();
    const { instanceId } = await testControl.deploy('a');
    const watch = await testControl.owner.watch();
    const told = watch.find((message) => reason(message) === 'stored');
    await Promise.all([observe(instanceId, 'stored'), told]);
    await testControl.restart();
    const { body } = await testControl.owner.call('GET', '/v1/deployments/a');
    expect(body.instances[0].state.reason).toBe('stored');
  });

  it('that does not read begins again with a snapshot, and holds up no other watcher', async () => {
    testControl = await openTestControl({ watchBehindBytes: 64 * 1024 });
    const { instanceId } = await testControl.deploy('a');
    const quick = await testControl.owner.watch();
    const slow = await testControl.owner.watch();
    slow.socket.pause();
    let sent = 0;
    while (!testControl.control.watchersBehind()) await observe(instanceId, `${(sent += 1)} ${'x'.repeat(400)}`);
    await observe(instanceId, 'last');
    await quick.find((message) => reason(message) === 'last');
    expect(quick.messages.some(({ type }) => type === 'resync')).toBe(false);
    slow.socket.resume();
    const resync = await slow.find(({ type }) => type === 'resync');
    const snapshot = await slow.find((message) => message.type === 'snapshot' && message.seq >= resync.seq);
    expect(snapshot).toMatchObject({ deployments: [{ instances: [{ state: { reason: 'last' } }] }] });
  });

  it('that does not read costs a bounded part of memory, while another gets everything on time', async () => {
    const behindBytes = 256 * 1024;
    testControl = await openTestControl({ watchBehindBytes: behindBytes });
    const made = await testControl.deploy('a');
    const agent = await testControl.agent({ ...made, name: 'a' });
    await agent.next('control.welcome', true);
    const quick = await testControl.owner.watch();
    const slow = await Promise.all(Array.from({ length: 10 }, () => testControl.owner.watch()));
    for (const { socket } of slow) socket.pause();
    const held = () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    const before = held();
    let longestMs = 0;
    // 12 MB for each watcher.
    const changes = 60;
    const lastLines = longLines(50);
    for (let n = 1; n <= changes; n += 1) {
      const sentMs = performance.now();
      const cause = { code: 'requested' as const, message: `${n}`, lastLines };
      agent.report({ status: 'draining', untilMs: 1, cause });
      await quick.find((message) => drainingMessage(message) === `${n}`);
      longestMs = Math.max(longestMs, performance.now() - sentMs);
      quick.messages.length = 0;
    }

    expect(testControl.control.watchersBehind()).toBe(10);
    // Freed memory is given back a little later. Without a bound it would stay at 12 MB or more.
    await expect.poll(() => held() - before, { timeout: 10_000 }).toBeLessThan(10 * behindBytes + 4 * 1024 * 1024);
    expect(longestMs).toBeLessThan(10_000);
    slow[0]!.socket.resume();
    const snapshot = await slow[0]!.find((message) => message.type === 'snapshot' && drainingMessage(message) !== '');
    expect(drainingMessage(snapshot)).toBe(`${changes}`);
    expect(slow[0]!.messages.map(({ type }) => type)).toContain('resync');
  });

  it('is told of the history where it asks for it, of one deployment or of all, and catches up by paging', async () => {
    testControl = await openTestControl();
    const all = await testControl.owner.watch({ query: 'events=true' });
    const one = await testControl.owner.watch({ query: 'events=true&deployment=b' });
    const none = await testControl.owner.watch();
    await testControl.deploy('a');
    await testControl.deploy('b');
    const created = (name: string) => (message: WatchMessage) =>
      message.type === 'event.added' && message.event.deployment === name;
    await Promise.all([all.find(created('a')), all.find(created('b')), one.find(created('b'))]);
    expect(one.messages.some(created('a'))).toBe(false);
    await none.find((message) => message.type === 'deployment.changed' && message.deployment.name === 'b');
    expect(none.messages.some(({ type }) => type === 'event.added')).toBe(false);
    const told = all.messages.flatMap((message) => (message.type === 'event.added' ? [message.event] : []));
    expect((await testControl.owner.call('GET', '/v1/events')).body.events).toEqual(told);
  });

  it('gets what changes while its snapshot is on its way, after it and in order', async () => {
    testControl = await openTestControl();
    const { instanceId } = await testControl.deploy('a');
    // 1.2 MB: more than the kernel takes for a reader that does not read.
    for (let n = 0; n < 20; n += 1) {
      const state = { status: 'failed', cause: { code: 'job_ended', message: '', lastLines: longLines(15) } };
      const large = await testControl.deploy(`b${n}`);
      await testControl.owner.call('POST', `/v1/instances/${large.instanceId}/observed`, { state });
    }
    const watch = await testControl.owner.watch({ paused: true });
    for (let n = 1; n <= 3; n += 1) await observe(instanceId, `${n}`);
    expect(watch.messages).toEqual([]);
    watch.socket.resume();
    await watch.find((message) => reason(message) === '3');
    const { seq } = watch.messages[0]!;
    expect(watch.messages.map((message) => [message.type, message.seq - seq, reason(message)])).toEqual([
      ['snapshot', 0, undefined],
      ['deployment.changed', 1, '1'],
      ['deployment.changed', 2, '2'],
      ['deployment.changed', 3, '3'],
    ]);
  });

  it('sends nothing that could hurt: a frame over the limit closes it', async () => {
    testControl = await openTestControl();
    const watch = await testControl.owner.watch();
    const closed = new Promise((resolve) => watch.socket.on('close', resolve));
    watch.socket.send('x'.repeat(1024 * 1024 + 1));
    expect(await closed).toBe(1009);
    expect((await testControl.owner.call('GET', '/v1/hello')).status).toBe(200);
  });

  it('is told when control stops', async () => {
    testControl = await openTestControl();
    const watch = await testControl.owner.watch();
    const closed = new Promise((resolve) => watch.socket.on('close', resolve));
    await testControl.stop();
    expect(await closed).toBe(1001);
  });
});
