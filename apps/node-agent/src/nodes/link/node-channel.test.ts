import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { leaderMessage, type NodeMessage, nodeMessage } from '@fairlead/protocol';
import { expect, it } from 'vitest';
import { createNodeServer, dialNode, openNodeChannel } from './node-channel.ts';

const key = Buffer.alloc(32, 7);
const signal = new AbortController().signal;
const joined: NodeMessage = {
  type: 'node.joined',
  rank: 1,
  host: 'node2',
  gpus: [],
  part: { status: 'none', after: 0 },
};

async function listening() {
  const sockets: TLSSocket[] = [];
  const accepted = Promise.withResolvers<TLSSocket>();
  const server = createNodeServer(key, (socket) => {
    sockets.push(socket);
    accepted.resolve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    sockets,
    accepted: accepted.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The leader's end: resolves with the first message, and why it was closed. */
function leaderEnd(socket: TLSSocket) {
  const first = Promise.withResolvers<NodeMessage>();
  const closed = Promise.withResolvers<string>();
  const schemas = { incoming: nodeMessage, outgoing: leaderMessage };
  const channel = openNodeChannel(socket, schemas, { onMessage: first.resolve, onClosed: closed.resolve });
  return { channel, first: first.promise, closed: closed.promise };
}

it('agents with the secret of the job exchange messages, and each sees the end of the other', async () => {
  await using server = await listening();
  const socket = await dialNode({ host: '127.0.0.1', port: server.port, key }, signal);
  const heard = Promise.withResolvers<unknown>();
  const schemas = { incoming: leaderMessage, outgoing: nodeMessage };
  using channel = openNodeChannel(socket, schemas, { onMessage: heard.resolve, onClosed: () => undefined });
  expect(channel.localAddress).toBe('127.0.0.1');
  channel.send(joined);
  const leader = leaderEnd(await server.accepted);
  expect(await leader.first).toEqual(joined);
  leader.channel.send({ type: 'part.end', run: 1, limitMs: 5 });
  expect(await heard.promise).toEqual({ type: 'part.end', run: 1, limitMs: 5 });
  channel[Symbol.dispose]();
  expect(await leader.closed).toContain('connection');
});

it('an agent with another secret is refused by both sides', async () => {
  await using server = await listening();
  const asked = dialNode({ host: '127.0.0.1', port: server.port, key: Buffer.alloc(32, 8) }, signal);
  await expect(asked).rejects.toThrow();
  expect(server.sockets).toEqual([]);
});

it('a stranger without TLS gets nothing', async () => {
  await using server = await listening();
  const stranger = connect(server.port, '127.0.0.1');
  const bytes: Buffer[] = [];
  stranger.on('error', () => undefined);
  stranger.on('data', (chunk) => bytes.push(chunk));
  stranger.write(`${JSON.stringify(joined)}\n`);
  await once(stranger, 'close');
  expect(server.sockets).toEqual([]);
  expect(Buffer.concat(bytes).toString('latin1')).not.toContain('node');
});

it('strangers that only hold connections open do not keep an agent out, and are dropped, the oldest first', async () => {
  await using server = await listening();
  const strangers = Array.from({ length: 300 }, () => connect(server.port, '127.0.0.1'));
  const dropped = strangers.map((stranger) => once(stranger, 'close'));
  for (const stranger of strangers) stranger.on('error', () => undefined);
  await Promise.all(dropped.slice(0, 40));
  const socket = await dialNode({ host: '127.0.0.1', port: server.port, key }, signal);
  socket.on('error', () => undefined);
  socket.write(`${JSON.stringify(joined)}\n`);
  expect(await leaderEnd(await server.accepted).first).toEqual(joined);
  for (const stranger of strangers) stranger.destroy();
});

it('a message that cannot be read closes the connection, and says why', async () => {
  await using server = await listening();
  const socket = await dialNode({ host: '127.0.0.1', port: server.port, key }, signal);
  socket.on('error', () => undefined);
  const leader = leaderEnd(await server.accepted);
  socket.write('{"type":"node.joined","rank":0}\n');
  expect(await leader.closed).toMatch(/what is no message: rank/);
});

it('a dial is given up when it is no longer wanted', async () => {
  const wanted = new AbortController();
  const asked = dialNode({ host: '203.0.113.9', port: 9, key }, wanted.signal);
  wanted.abort(new Error('no longer'));
  await expect(asked).rejects.toThrow('no longer');
});
