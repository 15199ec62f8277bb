import { createServer, type RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

import { createMemoryNetwork, type MemoryNetwork } from '@fairlead/carrier/testing';
import { systemClock } from '@fairlead/kit';
import { MuxSession, preface } from '@fairlead/mux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { cutEverywhere } from '../testing/cut-everywhere.ts';
import { type MemoryConsumer, openMemoryConsumer } from '../testing/memory-consumer.ts';

let network: MemoryNetwork;
let consumer: MemoryConsumer;
/** Channels that were opened, and streams in them. */
let channels: number;
let streams: number;
let sessions: MuxSession[];

const echo: RequestListener = (request, response) => {
  text(request).then(
    (body) => response.end(`got ${body}`),
    () => response.destroy(),
  );
};

/** A front: `plain` is one of before the mux. */
function openConsumer({ plain = false } = {}): void {
  channels = streams = 0;
  sessions = [];
  network = createMemoryNetwork();
  const server = createServer(echo);
  const serve = (connection: Duplex) => {
    connection.on('error', () => undefined);
    server.emit('connection', connection);
  };
  const onStream = (stream: Duplex) => {
    streams += 1;
    serve(stream);
  };
  consumer = openMemoryConsumer({
    network,
    apiKey: 'key',
    mux: true,
    accept(channel) {
      channels += 1;
      channel.on('error', () => undefined);
      channel.once('data', (bytes: Buffer) => {
        if (!plain && bytes.subarray(0, preface.length).equals(preface)) {
          const firstBytes = bytes.subarray(preface.length);
          sessions.push(new MuxSession({ role: 'front', channel, clock: systemClock, firstBytes, onStream }));
          return;
        }
        channel.unshift(bytes);
        serve(channel);
        channel.resume();
      });
    },
  });
}

const ask = async (body = 'x') => (await consumer.fetch('/v1/x', { method: 'POST', body })).text();

/** A request whose body has begun and does not end. */
function askForever(): Promise<Response> {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('half')) });
  return consumer.fetch('/v1/x', { method: 'POST', body });
}

/** Asks until requests go through the mux. */
async function untilMuxed(): Promise<void> {
  while (streams === 0) expect(await ask()).toBe('got x');
}

beforeEach(() => openConsumer());
afterEach(() => consumer[Symbol.asyncDispose]());

describe('Requests over a mux', () => {
  it('share one channel once it is up; the first does not wait for it', async () => {
    await untilMuxed();
    const before = { channels, streams };
    const asked = Array.from({ length: 50 }, (_, n) => ask(`${n}`));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, (_, n) => `got ${n}`));
    expect({ channels, streams }).toEqual({ channels: before.channels, streams: before.streams + 50 });
  });

  it('have a channel each to a front that knows no mux, which is asked once', async () => {
    await consumer[Symbol.asyncDispose]();
    openConsumer({ plain: true });
    for (let n = 0; n < 10; n += 1) expect(await ask(`${n}`)).toBe(`got ${n}`);
    // One for the preface, which it answers with 400.
    expect({ channels, streams }).toEqual({ channels: 11, streams: 0 });
  });

  it('have a channel each when the front goes away, and a mux again at its next endpoint', async () => {
    await untilMuxed();
    const before = { channels, streams };
    sessions[0]!.goAway();
    await sessions[0]!.closed;
    // The front that goes away refuses a mux as it refuses requests.
    expect(await ask()).toBe('got x');
    expect(streams).toBe(before.streams);
    network.drop();
    streams = 0;
    await untilMuxed();
  });

  it('fail with the one error when the channel is lost, and go on over the next', async () => {
    await untilMuxed();
    const failed = expect(askForever()).rejects.toMatchObject({ code: 'answer_cut', retryable: true });
    const seen = streams;
    while (streams === seen) await new Promise(setImmediate);
    network.drop();
    await failed;
    streams = 0;
    await untilMuxed();
  });

  it('end with their consumer', async () => {
    await untilMuxed();
    const failed = expect(askForever()).rejects.toMatchObject({ code: 'connection_closed' });
    await consumer[Symbol.asyncDispose]();
    await failed;
  });

  it.each(['front', 'consumer'] as const)(
    'that are cut after any number of bytes towards the %s are answered whole or have the one error',
    async (towards) => {
      await untilMuxed();
      let cuts = 0;
      for await (const { bytes, outcome } of cutEverywhere(network, towards, () => ask('body'))) {
        const cut = { code: 'answer_cut', retryable: true };
        expect({ bytes, outcome }).toEqual({ bytes, outcome: 'value' in outcome ? { value: 'got body' } : cut });
        if ('code' in outcome) cuts += 1;
        // The next cut is of a stream, too.
        network.dropAfter(towards, Infinity);
        streams = 0;
        await untilMuxed();
      }
      expect(cuts).toBeGreaterThan(50);
    },
  );
});
