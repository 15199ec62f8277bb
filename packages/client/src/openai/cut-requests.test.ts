// Requests of the SDK over a network that drops after every possible number of bytes, in both directions.

import { createServer, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';

import { createMemoryNetwork, type MemoryNetwork, type Towards } from '@fairlead/carrier/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { cutEverywhere } from '../testing/cut-everywhere.ts';
import { type MemoryConsumer, openMemoryConsumer } from '../testing/memory-consumer.ts';

const words = ['one ', 'two ', 'three ', 'four '];
const whole = words.join('');
const messages = [{ role: 'user' as const, content: 'count' }];
/** The one error of a request that was sent and not answered whole. */
const cut = { code: 'answer_cut', retryable: true };

let network: MemoryNetwork;
let consumer: MemoryConsumer;
/** Bodies of the requests that the server got whole. */
let bodies: string[];

beforeEach(() => {
  network = createMemoryNetwork();
  bodies = [];
  const server = createServer(answer);
  consumer = openMemoryConsumer({
    network,
    apiKey: 'key',
    accept(channel) {
      channel.on('error', () => undefined);
      server.emit('connection', channel);
    },
  });
});
afterEach(() => consumer[Symbol.asyncDispose]());

const answer: RequestListener = (request, response) => {
  text(request).then(
    (body) => {
      bodies.push(body);
      if (!body.includes('"stream":true')) {
        const message = { role: 'assistant', content: whole };
        return response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }));
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const content of words)
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
      return response.end('data: [DONE]\n\n');
    },
    () => response.destroy(),
  );
};

describe.each<Towards>(['front', 'consumer'])('A cut after any number of bytes towards the %s', (towards) => {
  it('of a call leaves a whole answer or the one error, and sends nothing again', async () => {
    const chat = async () => (await consumer.calls.chat({ messages })).choices[0]?.message.content;
    let cuts = 0;
    for await (const { bytes, outcome } of cutEverywhere(network, towards, chat)) {
      expect({ bytes, outcome }).toEqual({ bytes, outcome: 'value' in outcome ? { value: whole } : cut });
      if ('code' in outcome) cuts += 1;
      // At most one request for each call, the measured one included.
      expect(bodies.length).toBeLessThanOrEqual(bytes + 2);
    }
    expect(cuts).toBeGreaterThan(100);
    expect(await chat()).toBe(whole);
  });

  it('of a stream leaves its first chunks, each once, and the one error', async () => {
    let got = '';
    const chat = async () => {
      got = '';
      for await (const { choices } of consumer.calls.chatStream({ messages })) got += choices[0]?.delta.content ?? '';
      return got;
    };
    const lengths = new Set<number>();
    for await (const { bytes, outcome } of cutEverywhere(network, towards, chat)) {
      expect({ bytes, outcome }).toEqual({ bytes, outcome: 'value' in outcome ? { value: whole } : cut });
      expect(whole.startsWith(got), `got ${got} after ${bytes} bytes`).toBe(true);
      lengths.add(got.length);
    }
    // A request that is cut has no answer; an answer is cut before, between and after its chunks.
    expect(lengths.size).toBe(towards === 'front' ? 1 : words.length + 1);
    expect(await chat()).toBe(whole);
  });

  it('of a fetch leaves the first bytes of the body, each once, and the one error', async () => {
    let got = '';
    const ask = async () => {
      got = '';
      const response = await consumer.fetch('/v1/x', { method: 'POST', body: '{"stream":true}' });
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) got += decoder.decode(chunk as Uint8Array, { stream: true });
      return got;
    };
    const body = await ask();
    const lengths = new Set<number>();
    for await (const { bytes, outcome } of cutEverywhere(network, towards, ask)) {
      expect({ bytes, outcome }).toEqual({ bytes, outcome: 'value' in outcome ? { value: body } : cut });
      expect(body.startsWith(got), `got ${got} after ${bytes} bytes`).toBe(true);
      lengths.add(got.length);
    }
    if (towards === 'consumer') expect(lengths.size).toBe(body.length + 1);
    expect(await ask()).toBe(body);
  });
});
