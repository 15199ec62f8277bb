// The leader's links and a worker's, over real sockets, with time that passes when it is told to.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { type LeaderMessage, leaderMessage, type NodeMessage, nodeMessage } from '@fairlead/protocol';
import { expect, it } from 'vitest';
import { dialNode, type NodeChannel, openNodeChannel } from '../link/node-channel.ts';
import type { NodeSecret } from '../link/node-secret.ts';
import { LeaderLink } from '../worker/leader-link.ts';
import { NodeLinks } from './node-links.ts';

const leaderHost = '127.0.0.1';
const hosts = [leaderHost, '127.0.0.2'];
const report: NodeMessage = { type: 'node.reported', gpus: [], part: { status: 'none', after: 0 } };
const joined = (rank: number, agent = 'agent 1') => ({
  agent,
  type: 'node.joined' as const,
  rank,
  host: `node${rank + 1}`,
  gpus: [],
  part: { status: 'none' as const, after: 0 },
});
let lastPort = 20_000 + (process.pid % 12_000);

function openLeader() {
  const clock = new ManualClock();
  lastPort += 1;
  const secret = { key: Buffer.alloc(32, 7), ports: [lastPort] };
  const heard: Array<{ rank: number; message: NodeMessage }> = [];
  const lost: string[] = [];
  const refused: string[] = [];
  const links = new NodeLinks({
    nodes: { rank: 0, hosts },
    secret,
    clock,
    log: silentLog,
    onMessage: (rank, message) => heard.push({ rank, message }),
    onLost: (rank, reason) => lost.push(`${rank}: ${reason}`),
    onRefused: (message) => refused.push(message),
  });
  return { clock, secret, heard, lost, refused, links };
}

/** A worker's connection, once the leader listens. */
async function dialLeader(
  { key, ports }: NodeSecret,
  onMessage: (message: LeaderMessage) => void = () => undefined,
): Promise<NodeChannel<NodeMessage>> {
  const dial = () => dialNode({ host: leaderHost, port: ports[0]!, key }, new AbortController().signal);
  let socket: TLSSocket | undefined;
  await expect.poll(async () => (socket = await dial().catch(() => undefined))).toBeDefined();
  return openNodeChannel(
    socket!,
    { incoming: leaderMessage, outgoing: nodeMessage },
    { onMessage, onClosed: () => undefined },
  );
}

/** Passes bytes on, until the way to the worker is cut: nothing goes there then, and the leader does not see that. */
async function openOneWay(port: number): Promise<{ host: string; cut(): void } & AsyncDisposable> {
  const host = '127.0.0.3';
  const sockets: Socket[] = [];
  let isCut = false;
  const server: Server = createServer((worker) => {
    const leader = connect(port, leaderHost);
    sockets.push(worker, leader);
    for (const socket of [worker, leader]) socket.on('error', () => undefined);
    worker.on('data', (bytes) => leader.write(bytes));
    leader.on('data', (bytes) => (isCut ? undefined : worker.write(bytes)));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    host,
    cut: () => void (isCut = true),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

it('a node that no longer hears the leader is lost within 15 s, although the leader could still hear it', async () => {
  const { clock, secret, heard, lost, links } = openLeader();
  await using _links = links;
  await using way = await openOneWay(secret.ports[0]!);
  using _worker = new LeaderLink({
    nodes: { rank: 1, hosts: [way.host, '127.0.0.2'] },
    secret,
    joinLimitMs: 300_000,
    clock,
    log: silentLog,
    joined: () => joined(1),
    report: () => report,
    onOrder: () => undefined,
    onLinked: () => undefined,
    onLost: () => undefined,
  });
  await expect.poll(async () => (await clock.advance(200), heard.length)).toBeGreaterThan(0);
  // The sign of life of every third second, and its answer.
  const before = heard.length;
  await expect.poll(async () => (await clock.advance(1_000), heard.length)).toBeGreaterThan(before);
  expect(lost).toEqual([]);
  way.cut();
  await clock.advance(15_000);
  expect(lost).toEqual([expect.stringMatching(/^1: /)]);
});

it('a worker that is told to end obeys a leader that is there, and leaves at once when that has missed a sign of life', async () => {
  const { clock, secret, heard, links } = openLeader();
  const gone: string[] = [];
  using worker = new LeaderLink({
    nodes: { rank: 1, hosts },
    secret,
    joinLimitMs: 300_000,
    clock,
    log: silentLog,
    joined: () => joined(1),
    report: () => report,
    onOrder: () => undefined,
    onLinked: () => undefined,
    onLost: (why) => gone.push(why),
  });
  await expect.poll(async () => (await clock.advance(200), heard.length)).toBeGreaterThan(1);
  worker.expectEnd('SIGTERM');
  await clock.advance(1_000);
  expect(gone).toEqual([]);
  await links[Symbol.asyncDispose]();
  await expect.poll(async () => (await clock.advance(200), gone)).toEqual(['no sign of the leader, and SIGTERM came']);
});

it('a node that is silent for 11 s and then speaks is not lost; one that is silent for 12 s is', async () => {
  const { clock, secret, heard, lost, links } = openLeader();
  await using _links = links;
  const channel = await dialLeader(secret);
  channel.send(joined(1));
  await expect.poll(() => heard.length).toBe(1);
  for (const words of [2, 3]) {
    await clock.advance(11_000);
    expect(lost).toEqual([]);
    channel.send(report);
    await expect.poll(() => heard.length).toBe(words);
  }
  await clock.advance(12_000);
  expect(lost).toEqual(['1: no word from its agent for 12 s, while the connection stayed open']);
  await channel.closed;
});

it('an agent with a rank that the job does not have is hung up on, and no link of it is kept', async () => {
  const { secret, heard, links } = openLeader();
  await using _links = links;
  const channel = await dialLeader(secret);
  channel.send(joined(2));
  await channel.closed;
  expect(heard).toEqual([]);
  expect(links.closed).toEqual([]);
});

it('of two agents of one rank the second is told why it is refused, until the first is silent', async () => {
  const { clock, secret, heard, lost, refused, links } = openLeader();
  await using _links = links;
  const first = await dialLeader(secret);
  first.send(joined(1, 'agent 1'));
  await expect.poll(() => heard.length).toBe(1);
  const told: LeaderMessage[] = [];
  const second = await dialLeader(secret, (message) => told.push(message));
  second.send(joined(1, 'agent 2'));
  await second.closed;
  const message = 'rank 1 has an agent already: node2, agent 1. This one is refused: node2, agent 2';
  expect(told).toEqual([{ type: 'node.refused', message }]);
  expect(refused).toEqual([message]);
  first.send(report);
  await expect.poll(() => heard.length).toBe(2);

  await clock.advance(12_000);
  expect(lost.length).toBe(1);
  const third = await dialLeader(secret);
  third.send(joined(1, 'agent 2'));
  await expect.poll(() => heard.length).toBe(3);
  expect(refused.length).toBe(1);
});

it('an agent that comes back takes the place of its own connection, which may be half open', async () => {
  const { secret, heard, refused, links } = openLeader();
  await using _links = links;
  const first = await dialLeader(secret);
  first.send(joined(1));
  await expect.poll(() => heard.length).toBe(1);
  const again = await dialLeader(secret);
  again.send(joined(1));
  await first.closed;
  await expect.poll(() => heard.length).toBe(2);
  expect(refused).toEqual([]);
});

it('clocks of two nodes that are minutes apart, and one that jumps, lose no node', async () => {
  const { clock, secret, heard, lost, links } = openLeader();
  await using _links = links;
  const workerClock = new ManualClock(Date.parse('2026-11-21T00:07:00Z'));
  const gone: string[] = [];
  using _worker = new LeaderLink({
    nodes: { rank: 1, hosts },
    secret,
    joinLimitMs: 300_000,
    clock: workerClock,
    log: silentLog,
    joined: () => joined(1),
    report: () => report,
    onOrder: () => undefined,
    onLinked: () => undefined,
    onLost: (why) => gone.push(why),
  });
  const pass = async (ms: number) => void (await Promise.all([clock.advance(ms), workerClock.advance(ms)]));
  await expect.poll(async () => (await pass(200), heard.length)).toBeGreaterThan(0);
  for (const jumpMs of [300_000, -600_000]) {
    workerClock.jump(jumpMs);
    // Six signs of life and their answers, over a real socket: longer than the 12 s after which a silent node is lost.
    for (let sign = 0; sign < 6; sign += 1) {
      const before = heard.length;
      await expect.poll(async () => (await pass(1_000), heard.length)).toBeGreaterThan(before);
    }
  }
  expect([lost, gone]).toEqual([[], []]);
});
