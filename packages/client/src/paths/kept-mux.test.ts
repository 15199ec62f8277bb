import { createServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

import { createMemoryNetwork, type MemoryNetwork } from '@fairlead/carrier/testing';
import { FrontStandIn } from '@fairlead/mux/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { cutEverywhere } from '../testing/cut-everywhere.ts';
import { type MemoryConsumer, openMemoryConsumer } from '../testing/memory-consumer.ts';
import type { OutageEvent } from './kept-mux.ts';

const key = 'key';
let network: MemoryNetwork;
let consumer: MemoryConsumer;
let streams: number;
/** Keeps its sessions, over all generations. */
let front: FrontStandIn;
let outages: OutageEvent[];
/** The front's ends. */
let channels: Set<Duplex>;
/** Answers that have begun and are ended by the test. */
let held: ServerResponse[];

const server = createServer((request, response) => {
  text(request).then(
    (body) => {
      response.write('got ');
      if (body === 'hold') held.push(response);
      else response.end(body);
    },
    () => response.destroy(),
  );
});

function serve(connection: Duplex): void {
  connection.on('error', () => undefined);
  server.emit('connection', connection);
}

const ask = async (body = 'x') => (await consumer.fetch('/v1/x', { method: 'POST', body })).text();

async function untilMuxed(): Promise<void> {
  while (streams === 0) expect(await ask()).toBe('got x');
}

beforeEach(() => {
  streams = 0;
  [outages, held, channels] = [[], [], new Set()];
  front = new FrontStandIn({
    key,
    onPlain: serve,
    onStream(stream) {
      streams += 1;
      serve(stream);
    },
  });
  const accept = (channel: Duplex) => {
    channels.add(channel);
    front.accept(channel);
  };
  network = createMemoryNetwork();
  consumer = openMemoryConsumer({ network, apiKey: key, mux: true, accept, onOutage: (event) => outages.push(event) });
});
afterEach(() => consumer[Symbol.asyncDispose]());

/** Answers of which the first half has come, over one session. */
async function beginHeld(count: number): Promise<Array<Promise<string>>> {
  await untilMuxed();
  const answers = Array.from({ length: count }, () => consumer.fetch('/v1/x', { method: 'POST', body: 'hold' }));
  return (await Promise.all(answers)).map((answer) => answer.text());
}

it('Requests go on over the next generation, and their outage is told once', async () => {
  const answers = await beginHeld(50);
  network.drop();
  while (outages.length < 2) await new Promise(setImmediate);
  for (const response of held) response.end('whole');
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['got whole']));
  expect(outages).toEqual([
    { type: 'requests.paused', requests: 50, reason: expect.stringMatching(/dropped|lost/) },
    { type: 'requests.resumed', requests: 50, outageMs: expect.any(Number) },
  ]);
  // The next ones go over the same session.
  expect(await ask()).toBe('got x');
  expect(front.sessions.size).toBe(1);
});

it('Requests whose session the front does not have any more fail with the one error', async () => {
  const [answer] = await beginHeld(1);
  const failed = expect(answer).rejects.toMatchObject({ code: 'answer_cut', retryable: true });
  front.sessions.clear();
  network.drop();
  await failed;
  while (outages.length < 2) await new Promise(setImmediate);
  const reason = 'the agent does not have this session any more';
  expect(outages[1]).toEqual({ type: 'requests.lost', requests: 1, outageMs: expect.any(Number), reason });
  streams = 0;
  await untilMuxed();
});

it('Requests of an instance that drains go on where it still answers', async () => {
  const answers = await beginHeld(3);
  consumer.drain();
  for (const channel of channels) channel.destroy();
  while (outages.length < 2) await new Promise(setImmediate);
  expect(outages[1]).toMatchObject({ type: 'requests.resumed', requests: 3 });
  for (const response of held) response.end('whole');
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['got whole']));
});

it('A channel that is lost between requests is no outage', async () => {
  await untilMuxed();
  network.drop();
  streams = 0;
  await untilMuxed();
  expect(outages).toEqual([]);
  expect(front.sessions.size).toBe(2);
});

it('Requests that wait for their next channel end with their consumer', async () => {
  const [answer] = await beginHeld(1);
  const failed = expect(answer).rejects.toMatchObject({ code: 'connection_closed' });
  network.drop();
  await consumer[Symbol.asyncDispose]();
  await failed;
});

it('The front hears at once that a consumer is closed', async () => {
  const [answer] = await beginHeld(1);
  const [session] = front.sessions.values();
  answer!.catch(() => undefined);
  await consumer[Symbol.asyncDispose]();
  await session!.closed;
});

it.each(['front', 'consumer'] as const)(
  'Requests that are cut after any number of bytes towards the %s are answered whole',
  async (towards) => {
    await untilMuxed();
    let total = 0;
    for await (const { bytes, outcome } of cutEverywhere(network, towards, () => ask('body'))) {
      expect({ bytes, outcome }).toEqual({ bytes, outcome: { value: 'got body' } });
      total += 1;
      network.dropAfter(towards, Infinity);
      streams = 0;
      await untilMuxed();
    }
    expect(total).toBeGreaterThan(50);
    expect(outages.filter(({ type }) => type === 'requests.lost')).toEqual([]);
    expect(outages.filter(({ type }) => type === 'requests.resumed').length).toBeGreaterThan(20);
  },
);
