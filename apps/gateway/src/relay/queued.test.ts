// Requests that wait in the gateway, between real sockets.

import { expect, it } from 'vitest';

import { chat } from '../testing/engine-answers.ts';
import { openForTest } from '../testing/open-for-test.ts';
import type { Handler, RelayWorld, RelayWorldOptions } from '../testing/relay-world.ts';

const path = '/v1/chat/completions';
const question = { model: 'm', messages: [{ role: 'user' as const, content: 'count' }] };

/** An engine of one slot, whose answers the test lets go one by one. */
async function openSlow(options: Partial<RelayWorldOptions> = {}) {
  const held: Array<{ content: string; answer: () => void }> = [];
  const hold: Handler = (request, response, body) => {
    const { content } = (JSON.parse(body) as typeof question).messages[0]!;
    held.push({ content, answer: () => chat(request, response, body) });
  };
  const world = await openForTest({ instances: [hold], ...options });
  world.fill(0, 1);
  return { world, held };
}

const ask = (world: RelayWorld, content: string, { key = world.key, ...init }: RequestInit & { key?: string } = {}) =>
  world.post(
    path,
    { ...question, messages: [{ role: 'user', content }] },
    { headers: { authorization: `Bearer ${key}` }, ...init },
  );

it('A request beyond what the instance takes waits its turn, and is told its place and its time', async () => {
  const { world, held } = await openSlow();
  const answers = [ask(world, 'one')];
  await expect.poll(() => held.length).toBe(1);
  for (const content of ['two', 'three']) {
    answers.push(ask(world, content));
    await expect.poll(() => world.waiting).toBe(answers.length - 1);
  }
  expect(held).toHaveLength(1);
  for (let at = 0; at < 3; at += 1) {
    await expect.poll(() => held.length).toBe(at + 1);
    held[at]!.answer();
  }
  const heads = (await Promise.all(answers)).map(({ status, headers }) => [
    status,
    headers.get('x-fairlead-queue-place'),
    headers.has('x-fairlead-queued-ms'),
  ]);
  expect(heads).toEqual([
    [200, null, false],
    [200, '1', true],
    [200, '2', true],
  ]);
  const records = await world.settled(3);
  expect(records.map(({ queuedMs }) => queuedMs > 0)).toEqual([false, true, true]);
});

it('A member who comes later with one request goes ahead of the second of a member with many', async () => {
  const { world, held } = await openSlow();
  const eve = world.join('eve');
  const answers = [ask(world, 'b0')];
  await expect.poll(() => held.length).toBe(1);
  for (let at = 1; at <= 5; at += 1) answers.push(ask(world, `b${at}`));
  await expect.poll(() => world.waiting).toBe(5);
  answers.push(ask(world, 'eve', { key: eve }));
  await expect.poll(() => world.waiting).toBe(6);
  for (let at = 0; at < 7; at += 1) {
    await expect.poll(() => held.length).toBe(at + 1);
    held[at]!.answer();
  }
  await Promise.all(answers);
  expect(held.map(({ content }) => content).indexOf('eve')).toBeLessThanOrEqual(2);
});

it('A client that leaves the queue takes no slot, and its tokens come back', async () => {
  const { world, held } = await openSlow({ limits: { concurrent: 2 } });
  const first = ask(world, 'one');
  await expect.poll(() => held.length).toBe(1);
  const leaving = new AbortController();
  const left = ask(world, 'two', { signal: leaving.signal }).catch(() => 'left');
  await expect.poll(() => world.waiting).toBe(1);
  leaving.abort();
  expect(await left).toBe('left');
  expect(await world.settled(1)).toMatchObject([{ outcome: 'client_left', promptTokens: 0, completionTokens: 0 }]);
  expect(world.waiting).toBe(0);
  const third = ask(world, 'three');
  await expect.poll(() => world.waiting).toBe(1);
  held[0]!.answer();
  await expect.poll(() => held.length).toBe(2);
  held[1]!.answer();
  expect([(await first).status, (await third).status]).toEqual([200, 200]);
  expect(world.seen[0]?.requests).toBe(2);
});

it('A member has so many requests in the queue and no more; others still have room', async () => {
  const { world, held } = await openSlow({ relay: { queuedOfMember: 2 } });
  const eve = world.join('eve');
  void ask(world, 'one').catch(() => undefined);
  await expect.poll(() => held.length).toBe(1);
  for (let at = 0; at < 2; at += 1) void ask(world, 'more').catch(() => undefined);
  await expect.poll(() => world.waiting).toBe(2);
  const answer = await ask(world, 'too many');
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await answer.text()).toContain('2 of your requests wait for this model already');
  void ask(world, 'eve', { key: eve }).catch(() => undefined);
  await expect.poll(() => world.waiting).toBe(3);
});

it('A queue that is full, or a turn that does not come in time, is 503 with when to come back', async () => {
  const { world, held } = await openSlow({ relay: { queuedInPool: 1, queueMs: 3_000 } });
  void ask(world, 'one').catch(() => undefined);
  await expect.poll(() => held.length).toBe(1);
  const waits = ask(world, 'two');
  await expect.poll(() => world.waiting).toBe(1);
  const full = await ask(world, 'three');
  expect([full.status, full.headers.get('retry-after')]).toEqual([503, '1']);
  const late = await waits;
  expect([late.status, late.headers.get('retry-after')]).toEqual([503, '30']);
  expect(await late.text()).toContain('for its turn');
});

it('An instance that comes while requests wait takes of them at once', async () => {
  const { world, held } = await openSlow();
  const two = { ...world.table.get('m')!.offers[0]!, instanceId: 'i1' };
  const answers = ['one', 'two'].map((content) => ask(world, content));
  await expect.poll(() => [held.length, world.waiting]).toEqual([1, 1]);
  const model = world.table.get('m')!;
  world.useModels(new Map([['m', { ...model, offers: [...model.offers, two] }]]));
  await expect.poll(() => held.length).toBe(2);
  for (const { answer } of held) answer();
  await Promise.all(answers);
});

it('A model whose instances are gone while requests wait refuses them with the reason', async () => {
  const { world, held } = await openSlow();
  void ask(world, 'one').catch(() => undefined);
  await expect.poll(() => held.length).toBe(1);
  const waits = ask(world, 'two');
  await expect.poll(() => world.waiting).toBe(1);
  const model = { ...world.table.get('m')!, offers: [], state: { status: 'queued' as const, reason: 'Priority' } };
  world.useModels(new Map([['m', model]]));
  const answer = await waits;
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('waits in the queue (Priority)')]);
});
