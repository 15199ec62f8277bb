import { expect, it, vi } from 'vitest';

import { type Handler, openRelayWorld } from '../testing/relay-world.ts';

const wish = { model: 'm', messages: [] };
const answer: Handler = (_request, response) => response.end('{"usage":{"prompt_tokens":1,"completion_tokens":2}}');

const ask = async (world: { post: (path: string, body: object) => Promise<Response> }) =>
  (await world.post('/v1/chat/completions', wish)).status;

it('Requests over a mux are answered and settled as others, and their streams end with them', async () => {
  await using world = await openRelayWorld({ instances: [answer], mux: true });
  const statuses = await Promise.all(Array.from({ length: 60 }, () => ask(world)));
  expect(statuses).toEqual(statuses.map(() => 200));
  const records = await world.settled(60);
  expect(records.every(({ outcome, completionTokens }) => outcome === 'completed' && completionTokens === 2)).toBe(
    true,
  );
  await vi.waitUntil(() => world.seen[0]?.open === 0);
});

it('A client that leaves frees its stream at once', async () => {
  await using world = await openRelayWorld({ instances: [() => undefined], mux: true });
  const left = new AbortController();
  const asked = world.post('/v1/chat/completions', wish, { signal: left.signal });
  await vi.waitUntil(() => world.seen[0]?.requests === 1);
  left.abort();
  await expect(asked).rejects.toThrow(/abort/i);
  await vi.waitUntil(() => world.seen[0]?.open === 0);
});

it('A request without an answer goes elsewhere when its instance is lost, and does not wait for it', async () => {
  let held = 0;
  const holdFirst =
    (at: number): Handler =>
    (request, response, body) => {
      held += 1;
      if (held === 1) lost = at;
      else answer(request, response, body);
    };
  let lost = -1;
  await using world = await openRelayWorld({ instances: [holdFirst(0), holdFirst(1)], mux: true });
  // Until each instance has its mux.
  held = 1;
  while (world.seen.some(({ requests }) => requests < 8)) await ask(world);
  held = 0;
  const asked = ask(world);
  await vi.waitUntil(() => lost !== -1);
  world.kill(lost);
  expect(await asked).toBe(200);
  expect(world.retriesTaken).toBe(1);
});
