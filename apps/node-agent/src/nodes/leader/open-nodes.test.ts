import { once } from 'node:events';
import { createServer } from 'node:net';
import { Secret, silentLog, systemClock } from '@fairlead/kit';
import {
  type InstanceSpec,
  type LeaderMessage,
  leaderMessage,
  type NodeMessage,
  nodeMessage,
} from '@fairlead/protocol';
import { expect, it } from 'vitest';
import { dialNode, type NodeChannel, openNodeChannel } from '../link/node-channel.ts';
import { deriveNodeSecret } from '../link/node-secret.ts';
import { LeaderNodes } from './open-nodes.ts';

const hosts = ['127.0.0.1', '127.0.0.2'];
const job = { jobId: '17', restart: 0 };
const never = new AbortController().signal;

function specOfTest(): InstanceSpec {
  const token = `token ${process.pid} ${Math.random()}`;
  return { instanceId: 'k3x9q2ab', enrolmentToken: new Secret(token) } as InstanceSpec;
}

/** A worker that has no engine: it answers orders as one that did all that it was told. */
async function joinAsWorker(
  spec: InstanceSpec,
  engineVersion = '0.32.0',
): Promise<{ orders: LeaderMessage[] } & Disposable> {
  const { key, ports } = deriveNodeSecret(spec, job);
  const orders: LeaderMessage[] = [];
  let channel: NodeChannel<NodeMessage> | undefined;
  await expect
    .poll(async () => {
      const socket = await dialNode({ host: hosts[0]!, port: ports[0]!, key }, never).catch(() => undefined);
      if (!socket) return false;
      const onMessage = (order: LeaderMessage) => {
        orders.push(order);
        if (order.type === 'part.start')
          channel?.send({
            type: 'node.reported',
            gpus: [],
            engineVersion,
            part: { status: 'running', run: order.run, pid: 7 },
          });
        if (order.type === 'part.end')
          channel?.send({ type: 'node.reported', gpus: [], part: { status: 'none', after: order.run } });
        if (order.type === 'node.leave') channel?.[Symbol.dispose]();
      };
      const schemas = { incoming: leaderMessage, outgoing: nodeMessage };
      channel = openNodeChannel(socket, schemas, { onMessage, onClosed: () => undefined });
      return true;
    })
    .toBe(true);
  channel?.send({ type: 'node.joined', rank: 1, host: 'node2', gpus: [], part: { status: 'none', after: 0 } });
  return { orders, [Symbol.dispose]: () => channel?.[Symbol.dispose]() };
}

function openLeader(spec: InstanceSpec, findPort?: (address: string) => Promise<number>) {
  return new LeaderNodes({
    spec,
    job,
    nodes: { rank: 0, hosts },
    clock: systemClock,
    log: silentLog,
    onChange: () => undefined,
    onNote: () => undefined,
    onMissing: () => undefined,
    ownVersion: () => '0.32.0',
    ...(findPort && { findPort }),
  });
}

it('a start for which no port is found fails, with nothing left of it, and the next one goes on', async () => {
  const spec = specOfTest();
  let failures = 0;
  await using leader = openLeader(spec, () =>
    failures++ < 2 ? Promise.reject(new Error('EADDRINUSE')) : Promise.resolve(41_234),
  );
  using worker = await joinAsWorker(spec);
  await expect(leader.gather(never)).rejects.toThrow('EADDRINUSE');
  expect(worker.orders.map(({ type }) => type)).toContain('part.end');
  const { node } = await leader.gather(never);
  expect(node.meeting).toEqual({ address: hosts[0], port: '41234' });
  await expect.poll(() => worker.orders.at(-1)).toMatchObject({ type: 'part.start', run: 2 });
});

it('a port that another program has taken is passed over for the next one that the agents derive', async () => {
  const spec = specOfTest();
  const { ports } = deriveNodeSecret(spec, job);
  await using other = createServer();
  other.listen(ports[0], hosts[0]);
  await once(other, 'listening');
  await using leader = openLeader(spec);
  const { key } = deriveNodeSecret(spec, job);
  const dial = () => dialNode({ host: hosts[0]!, port: ports[1]!, key }, never).catch(() => undefined);
  await expect.poll(async () => (await dial())?.authorized !== undefined).toBe(true);
  expect(leader.suspicion).toBeUndefined();
});

it('a node with another version of the engine ends the start, with both versions; the same one does not', async () => {
  const failuresWith = async (version: string) => {
    const spec = specOfTest();
    await using leader = openLeader(spec);
    using worker = await joinAsWorker(spec, version);
    const { onFailed } = await leader.gather(never);
    const failed: string[] = [];
    onFailed(({ failure }) => failed.push(`${failure.fatal ? 'fatal: ' : ''}${failure.message}`));
    await expect.poll(() => leader.seen[0]?.life).toMatchObject({ part: { status: 'running' } });
    expect(worker.orders.map(({ type }) => type)).toContain('part.start');
    return failed;
  };
  expect(await failuresWith('0.31.1')).toEqual([
    'fatal: 127.0.0.2 (rank 1) has version 0.31.1 of the engine, and 127.0.0.1 (rank 0) has 0.32.0: the parts of one engine need the same',
  ]);
  expect(await failuresWith('0.32.0')).toEqual([]);
});
