// What a stranger does to the data path, or a member whose client is broken.

import { once } from 'node:events';
import type { Socket } from 'node:net';

import { type LogFields, silentLog } from '@fairlead/kit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createApiKey } from '../accounts/api-key.ts';
import { chatThen } from '../testing/engine-answers.ts';
import { openForTest as open } from '../testing/open-for-test.ts';
import type { RelayWorld } from '../testing/relay-world.ts';

const path = '/v1/chat/completions';
const question = { model: 'm', messages: [{ role: 'user' as const, content: 'count' }] };
const body = JSON.stringify(question);
const health = 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n';
const headOf = (key: string, bytes: number) =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-length: ${bytes}\r\n\r\n`;

/** Closed with the test. */
async function dial(world: RelayWorld): Promise<Socket> {
  const socket = await world.dial();
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

describe('A stranger', () => {
  it('who sends thousands of requests in one piece gets an answer to each', async () => {
    const world = await open();
    const count = 5_000;
    const got = await world.raw(health.repeat(count) + health.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
    expect(got.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(count + 1);
  });

  it('who asks and does not read is read no more, and is answered when they read', async () => {
    const world = await open();
    const socket = await dial(world);
    socket.pause();
    const count = 200_000;
    socket.write(health.repeat(count));
    let before = -1;
    await expect
      .poll(() => before === (before = socket.bytesWritten - socket.writableLength), { interval: 300 })
      .toBe(true);
    expect(socket.writableLength).toBeGreaterThan(0);
    let answers = 0;
    const all = Promise.withResolvers<void>();
    let tail = '';
    socket.on('data', (piece) => {
      tail += piece.toString('latin1');
      const ends = tail.split('{"status":"ok"}');
      answers += ends.length - 1;
      tail = ends.at(-1)!;
      if (answers === count) all.resolve();
    });
    socket.resume();
    await all.promise;
  });

  it('cannot shut out a member by heads that never end', async () => {
    const world = await open({ relay: { connections: 20 } });
    for (let at = 0; at < 20; at += 1) (await dial(world)).write('GET /v1/models HT');
    for (let at = 0; at < 3; at += 1) expect((await world.post(path, question)).status).toBe(200);
  });

  it('with 3,000 idle connections slows no member', async () => {
    const world = await open();
    await Promise.all(Array.from({ length: 3_000 }, () => dial(world)));
    const begunAt = performance.now();
    expect((await world.post(path, question)).status).toBe(200);
    expect(performance.now() - begunAt).toBeLessThan(10_000);
  });

  it('with a head that is garbage is refused, and the gateway goes on', async () => {
    const world = await open();
    const noise = fc.uint8Array({ minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(noise, async (bytes) => {
        const socket = await dial(world);
        socket.resume();
        socket.end(bytes);
        await once(socket, 'close');
      }),
      { numRuns: 100 },
    );
    const hello = await world.raw('\u0016\u0003\u0001\u0002\u0000\u0001');
    expect(hello).toMatch(/^HTTP\/1\.1 400 /);
    expect((await world.post(path, question)).status).toBe(200);
  });

  it('who guesses keys is slowed by their address, told once, and no member is held up', async () => {
    const warnings: LogFields[] = [];
    const world = await open({ log: { ...silentLog, warn: (fields) => void warnings.push(fields) } });
    const wrong = createApiKey(Buffer.alloc(40, 7)).key.reveal();
    const ask = (key: string, from: string) =>
      fetch(`${world.url}/v1/models`, { headers: { 'x-api-key': key, 'x-forwarded-for': `6.6.6.6, ${from}` } });
    const statuses: number[] = [];
    for (let at = 0; at < 40; at += 1) statuses.push((await ask(wrong, '1.2.3.4')).status);
    expect(statuses).toEqual([...Array.from({ length: 30 }, () => 401), ...Array.from({ length: 10 }, () => 429)]);
    expect((await ask(wrong, '1.2.3.4')).headers.get('retry-after')).toBe('2');
    expect((await ask(wrong, '1.2.3.5')).status).toBe(401);
    expect((await ask(world.key, '1.2.3.4')).status).toBe(200);
    expect(warnings).toEqual([{ op: 'gateway.guess', ok: false, source: '1.2.3.4' }]);
  });
});

describe('A member', () => {
  it('who puts the key into the URL is told that it does not belong there', async () => {
    const world = await open();
    const answer = await fetch(`${world.url}/v1/models?api_key=${world.key}`);
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('A key stands in the URL of this request');
  });

  it.each([
    ['//v1/chat/completions', 404],
    ['/v1/v1/chat/completions', 404],
    ['/v1/chat/completions/', 404],
    ['/chat/completions', 404],
    ['/v1/../v1/models', 400],
  ])('with a slip in the base URL (%s) is told, and no instance is asked', async (slip, status) => {
    const world = await open();
    const got = await world.raw(headOf(world.key, body.length).replace(path, slip) + body);
    expect(got).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(world.seen[0]?.requests).toBe(0);
  });

  it('with two credentials that differ is refused, with two that are equal is served', async () => {
    const world = await open();
    const twice = (other: string) =>
      headOf(world.key, body.length).replace('\r\n\r\n', `\r\nx-api-key: ${other}\r\nconnection: close\r\n\r\n`) + body;
    expect(await world.raw(twice('sk-other'))).toMatch(/^HTTP\/1\.1 400 .*two different credentials/s);
    expect(await world.raw(twice(world.key))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each<[string, (world: RelayWorld) => string]>([
    ['within its head', ({ key }) => headOf(key, 10).slice(0, 60)],
    ['within its body', ({ key }) => headOf(key, body.length) + body.slice(0, 10)],
    ['before its answer', ({ key }) => headOf(key, body.length) + body],
    ['within its answer', ({ key }) => headOf(key, body.length + 14) + body.replace('{', '{"stream":true,')],
  ])('whose connection is reset %s leaves nothing behind', async (when, text) => {
    const answers = when === 'within its answer' ? chatThen(() => undefined) : () => undefined;
    const world = await open({ instances: [answers], limits: { concurrent: 1 } });
    for (let at = 0; at < 5; at += 1) {
      const socket = await dial(world);
      socket.write(text(world));
      if (when === 'within its answer') await once(socket, 'data');
      if (when === 'before its answer') await expect.poll(() => world.seen[0]?.open).toBe(1);
      const settled = when === 'within its head' ? 0 : at + 1;
      socket.resetAndDestroy();
      await world.settled(settled);
      await expect.poll(() => world.seen[0]?.open).toBe(0);
    }
    await expect.poll(() => world.size).toBe(0);
    for (const record of world.records) expect(record.outcome).toBe('client_left');
  });

  it('whose bodies would fill the memory is refused, until there is room again', async () => {
    const world = await open({ relay: { allBodiesBytes: 2 * body.length + 20 } });
    const slow = await dial(world);
    slow.write(headOf(world.key, body.length) + body.slice(0, 20));
    await expect.poll(async () => (await world.post(path, question)).status).toBe(429);
    const answer = await world.post(path, question);
    expect(await answer.text()).toContain('as many bytes of request bodies as it can');
    slow.destroy();
    await expect.poll(async () => (await world.post(path, question)).status).toBe(200);
  });

  it('whose body never comes to its end is refused, however steadily it comes', async () => {
    const world = await open({ relay: { bodyMs: 300 } });
    const socket = await dial(world);
    socket.write(headOf(world.key, 1_000));
    const drip = setInterval(() => socket.write('{'), 20);
    onTestFinished(() => clearInterval(drip));
    const [piece] = (await once(socket, 'data')) as [Buffer];
    expect(piece.toString()).toContain('The request body stopped arriving');
  });
});

it('A request takes from the budget of retries what it is tried again, and no more', async () => {
  const hangUp = (_request: unknown, response: { destroy(): void }) => response.destroy();
  const world = await open({ instances: [hangUp, hangUp, hangUp, hangUp] });
  expect((await world.post(path, question)).status).toBe(502);
  expect(world.seen.reduce((sum, { requests }) => sum + requests, 0)).toBe(3);
  expect(world.retriesTaken).toBe(2);
});
