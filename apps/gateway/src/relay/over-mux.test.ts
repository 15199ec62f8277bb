import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import { expect, it, vi } from 'vitest';

import { type Handler, openRelayWorld, type RelayWorld } from '../testing/relay-world.ts';

const path = '/v1/chat/completions';
const wish = { model: 'm', messages: [] };
const answer: Handler = (_request, response) => response.end('{"usage":{"prompt_tokens":1,"completion_tokens":2}}');

const ask = async (world: RelayWorld) => (await world.post(path, wish)).status;

/** Until each instance has its mux: until then requests have connections of their own. */
async function untilMuxed(world: RelayWorld): Promise<void> {
  while (world.seen.some(({ streams }) => streams === 0)) expect(await ask(world)).toBe(200);
}

/** Answers, until it is told to hold what comes then. */
function holding(instances: number) {
  const held: Array<{ at: number; response: ServerResponse }> = [];
  let mayHold = false;
  const handlers = Array.from({ length: instances }, (_, at): Handler => (request, response, body) => {
    if (!mayHold) return answer(request, response, body);
    mayHold = false;
    held.push({ at, response });
  });
  return { handlers, held, holdNext: () => (mayHold = true) };
}

it('Requests over a mux are answered and settled as others, and their streams end with them', async () => {
  await using world = await openRelayWorld({ instances: [answer], mux: true });
  await untilMuxed(world);
  const { streams, requests } = world.seen[0]!;
  expect(await Promise.all(Array.from({ length: 60 }, () => ask(world)))).toEqual(
    Array.from({ length: 60 }, () => 200),
  );
  expect(world.seen[0]!.streams).toBe(streams + 60);
  const records = await world.settled(requests + 60);
  expect(records.every(({ outcome, completionTokens }) => outcome === 'completed' && completionTokens === 2)).toBe(
    true,
  );
  await vi.waitUntil(() => world.seen[0]?.open === 0);
});

it.each([false, true])('A client that leaves frees its stream at once; within its answer: %s', async (isWithin) => {
  const { handlers, held, holdNext } = holding(1);
  await using world = await openRelayWorld({ instances: handlers, mux: true });
  await untilMuxed(world);
  const { streams } = world.seen[0]!;
  holdNext();
  const left = new AbortController();
  const asked = world.post(path, { ...wish, stream: true }, { signal: left.signal });
  await vi.waitUntil(() => held.length === 1);
  expect(world.seen[0]!.streams).toBe(streams + 1);
  const { response } = held[0]!;
  if (isWithin) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[]}\n\n');
    await (await asked).body!.getReader().read();
  }
  const closed = once(response, 'close');
  left.abort();
  if (!isWithin) await expect(asked).rejects.toThrow(/abort/i);
  await closed;
});

it('A request without an answer goes elsewhere when its instance is lost, and does not wait for it', async () => {
  const { handlers, held, holdNext } = holding(2);
  await using world = await openRelayWorld({ instances: handlers, mux: true });
  await untilMuxed(world);
  holdNext();
  const asked = ask(world);
  await vi.waitUntil(() => held.length === 1);
  world.kill(held[0]!.at);
  expect(await asked).toBe(200);
  expect(world.retriesTaken).toBe(1);
});

it('A request that may not be sent again waits until its instance is reached again', async () => {
  const { handlers, held, holdNext } = holding(2);
  await using world = await openRelayWorld({ instances: handlers, mux: true, neverRetries: true });
  await untilMuxed(world);
  holdNext();
  const asked = ask(world);
  await vi.waitUntil(() => held.length === 1);
  world.cut(held[0]!.at);
  await vi.waitUntil(() => world.retriesTaken === 1);
  held[0]!.response.end('{"usage":{"prompt_tokens":1,"completion_tokens":2}}');
  expect(await asked).toBe(200);
});
