// What users of other gateways ran into, between real sockets.

import { expect, it } from 'vitest';

import { chat, chatThen, event } from '../testing/engine-answers.ts';
import { openForTest as open } from '../testing/open-for-test.ts';
import type { Handler } from '../testing/relay-world.ts';

const path = '/v1/chat/completions';
const question = { model: 'm', messages: [{ role: 'user' as const, content: 'count' }] };

it('An error that an engine sends within an answer of 200 reaches the client, and is no success', async () => {
  const failing = chatThen((_, response) => {
    response.write(event({ error: { message: 'CUDA error', type: 'server_error' } }));
    response.end('data: [DONE]\n\n');
  });
  const world = await open({ instances: [failing] });
  const text = await (await world.post(path, { ...question, stream: true })).text();
  expect(text).toContain('CUDA error');
  expect(await world.settled(1)).toMatchObject([{ outcome: 'upstream_failed', completionTokens: 1, estimated: true }]);
});

it('Where all instances have failed again and again, requests still go to them', async () => {
  let isBroken = true;
  const handler: Handler = (request, response, body) => {
    if (isBroken) response.writeHead(500).end('{}');
    else chat(request, response, body);
  };
  const world = await open({ instances: [handler, handler] });
  for (let at = 0; at < 12; at += 1) await (await world.post(path, question)).text();
  isBroken = false;
  expect((await world.post(path, question)).status).toBe(200);
});

it('A first token that takes long is waited for, longer than a pause within an answer', async () => {
  const slow: Handler = (request, response, body) => {
    const timer = setTimeout(() => chat(request, response, body), 2_000);
    response.once('close', () => clearTimeout(timer));
  };
  const world = await open({ instances: [slow], relay: { quietMs: 1_000, firstByteMs: 30_000 } });
  expect((await world.post(path, { ...question, stream: true })).status).toBe(200);
  expect(await world.settled(1)).toMatchObject([{ outcome: 'completed' }]);
});
