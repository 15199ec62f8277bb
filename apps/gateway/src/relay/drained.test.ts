// A data path from which another process has taken over.

import { once } from 'node:events';

import { expect, it } from 'vitest';

import { chat, delta } from '../testing/engine-answers.ts';
import { type Handler, openRelayWorld } from '../testing/relay-world.ts';

const question = { model: 'm', messages: [{ role: 'user', content: 'count' }] };

/** Streams one word, and the rest when the test says so. */
function openHeld() {
  let finish = () => {};
  const handler: Handler = (_request, response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.write(delta('one '));
    finish = () => void response.end(`${delta('two')}data: [DONE]\n\n`);
  };
  return { handler, finish: () => finish() };
}

it('A stream that runs while another process takes over is whole, and then nothing is left', async () => {
  const held = openHeld();
  await using world = await openRelayWorld({ instances: [held.handler], relay: { drainIdleMs: 1 } });
  const answer = await world.post('/v1/chat/completions', { ...question, stream: true });
  let isDrained = false;
  const drained = world.drain().then(() => (isDrained = true));
  expect(isDrained).toBe(false);
  held.finish();
  expect(await answer.text()).toMatch(/one [\s\S]*two[\s\S]*\[DONE\]/);
  // The connection is kept for a while: its client may have begun to send another request.
  await drained;
  expect(world.size).toBe(0);
});

it('A request on a kept connection is answered by the process that drains, and told that it is the last one there', async () => {
  await using world = await openRelayWorld({ instances: [chat] });
  const socket = await world.dial();
  let got = '';
  socket.on('data', (piece) => (got += String(piece)));
  const body = JSON.stringify(question);
  const request = `POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  socket.write(request);
  await world.settled(1);
  await expect.poll(() => got).toContain('one two three');
  expect(got).not.toMatch(/^connection: close/m);
  got = '';
  const drained = world.drain();
  socket.write(request);
  await once(socket, 'close');
  expect(got).toMatch(/^HTTP\/1\.1 200 [\s\S]*^connection: close[\s\S]*one two three/m);
  await drained;
});

it('Requests that do not end in their time are cut with the reason', async () => {
  const held = openHeld();
  await using world = await openRelayWorld({ instances: [held.handler], relay: { drainMs: 1 } });
  const answer = await world.post('/v1/chat/completions', { ...question, stream: true });
  await world.drain();
  await world[Symbol.asyncDispose]();
  await expect(answer.text()).rejects.toThrow();
  expect(await world.settled(1)).toMatchObject([{ outcome: 'cut' }]);
});
