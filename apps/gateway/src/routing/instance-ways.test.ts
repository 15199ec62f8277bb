import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

import { Secret, silentLog, systemClock } from '@fairlead/kit';
import { FrontStandIn } from '@fairlead/mux/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { InstanceWays } from './instance-ways.ts';
import type { ModelTable, Offer } from './offer.ts';

const key = 'key of the endpoint';
const { signal } = new AbortController();
let dir: string;
let ways: InstanceWays;
let paused: string[];
let front: FrontStandIn;
let sockets: Set<Socket>;
/** Connections to the front so far. */
let channels: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fl-ways-'));
  [paused, sockets, channels] = [[], new Set(), 0];
  const echo = (stream: Duplex) => void stream.on('error', () => undefined).pipe(stream);
  front = new FrontStandIn({ key, onStream: echo, onPlain: echo });
  const reach = async ({ place }: Offer) => {
    const channel = connect((place as { socket: string }).socket);
    await once(channel, 'connect');
    return channel;
  };
  ways = new InstanceWays({ reach, clock: systemClock, log: silentLog });
  ways.onPaused = (instanceId) => paused.push(instanceId);
});
afterEach(async () => {
  await ways[Symbol.asyncDispose]();
  front[Symbol.dispose]();
  for (const socket of sockets) socket.destroy();
  await rm(dir, { recursive: true, force: true });
});

/** The instance's tunnel of this generation. */
async function listen(generation: number): Promise<{ offer: Offer } & Disposable> {
  const server = createServer((socket) => {
    channels += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    front.accept(socket);
  });
  const socket = join(dir, `${generation}.sock`);
  server.listen(socket);
  await once(server, 'listening');
  const offer: Offer = {
    deployment: 'd',
    instanceId: 'i0',
    generation,
    place: { kind: 'published', publisher: 'alice', socket, uid: 0 },
    apiKey: new Secret(key),
    servedModel: 'm',
  };
  return { offer, [Symbol.dispose]: () => void server.close() };
}

function tableOf(...offers: Offer[]): ModelTable {
  const state = { status: 'ready' as const };
  return new Map([['m', { id: 'm', deployments: ['d'], state, offers, createdMs: 0 }]]);
}

function loseChannels(): void {
  for (const socket of sockets) socket.destroy();
}

async function say(stream: Duplex, text: string): Promise<string> {
  stream.write(text);
  const [answer] = (await once(stream, 'data')) as [Buffer];
  return answer.toString();
}

/** Requests until one is a stream of the mux: that one. */
async function openStream(offer: Offer): Promise<Duplex> {
  for (;;) {
    const before = channels;
    const stream = await ways.open(offer, signal);
    await say(stream, 'x');
    if (channels === before) return stream;
    stream.destroy();
    await new Promise(setImmediate);
  }
}

it('Requests are streams of one channel, once it is up', async () => {
  using tunnel = await listen(1);
  await openStream(tunnel.offer);
  const before = channels;
  const streams = await Promise.all(Array.from({ length: 100 }, () => ways.open(tunnel.offer, signal)));
  expect(await Promise.all(streams.map((stream, at) => say(stream, `${at}`)))).toEqual(
    streams.map((_, at) => String(at)),
  );
  expect(channels).toBe(before);
});

it('A lost channel ends no stream, and is told once', async () => {
  using tunnel = await listen(1);
  const stream = await openStream(tunnel.offer);
  loseChannels();
  expect(await say(stream, 'still there')).toBe('still there');
  expect(paused).toEqual(['i0']);
});

it('Streams move to the next generation of the tunnel, and requests without a mux end with the old one', async () => {
  using tunnel = await listen(1);
  const plain = await ways.open(tunnel.offer, signal);
  const failed = once(plain, 'error');
  const stream = await openStream(tunnel.offer);
  using next = await listen(2);
  ways.follow(tableOf(next.offer));
  const [error] = (await failed) as [Error];
  expect(error.message).toContain('its tunnel was replaced');
  expect(await say(stream, 'moved')).toBe('moved');
});

it('A tunnel that comes back later has the streams of before', async () => {
  const tunnel = await listen(1);
  const stream = await openStream(tunnel.offer);
  tunnel[Symbol.dispose]();
  loseChannels();
  const answer = say(stream, 'after a while');
  await vi.waitUntil(() => paused.length === 1);
  using next = await listen(2);
  ways.follow(tableOf(next.offer));
  expect(await answer).toBe('after a while');
});

it('Streams of an instance that is offered no more end with their channel', async () => {
  const tunnel = await listen(1);
  const stream = await openStream(tunnel.offer);
  tunnel[Symbol.dispose]();
  ways.follow(tableOf());
  expect(await say(stream, 'to its end')).toBe('to its end');
  const failed = once(stream, 'error');
  loseChannels();
  const [error] = (await failed) as [Error];
  expect(error.message).toMatch(/lost|closed|hung up/);
});

it('An instance that is gone keeps no channel once its last request has ended', async () => {
  using tunnel = await listen(1);
  const stream = await openStream(tunnel.offer);
  ways.follow(tableOf());
  expect(sockets.size).toBe(1);
  stream.destroy();
  await vi.waitUntil(() => sockets.size === 0);
});

it('A request whose caller has left while it is reached leaves nothing', async () => {
  using tunnel = await listen(1);
  const left = new AbortController();
  const opening = ways.open(tunnel.offer, left.signal);
  left.abort(new Error('the client left'));
  await opening.then(
    (stream) => stream.destroy(),
    (error: Error) => expect(error.message).toBe('the client left'),
  );
  ways.follow(tableOf());
  await vi.waitUntil(() => sockets.size === 0);
});
