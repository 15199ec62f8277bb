// The data path between real sockets.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import OpenAI from 'openai';
import { detach } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { chat, chatThen, delta, refusing, usage } from '../testing/engine-answers.ts';
import { openForTest as open } from '../testing/open-for-test.ts';
import type { Handler } from '../testing/relay-world.ts';

const path = '/v1/chat/completions';
const question = { model: 'm', messages: [{ role: 'user' as const, content: 'count' }] };
const streamed = { ...question, stream: true };

describe('A member', () => {
  it('streams with the client of OpenAI, and sees no usage that was not asked for', async () => {
    const world = await open();
    const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: world.key });
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content)).toEqual(['one ', 'two ', 'three']);
    expect(await world.settled(1)).toMatchObject([
      { outcome: 'completed', member: 'bob', status: 200, promptTokens: 5, completionTokens: 3, estimated: false },
    ]);
    expect(world.seen[0]?.bodies[0]).toContain('"stream_options":{"include_usage":true}');
  });

  it('who asks for the usage gets it, and an answer that is no stream passes byte for byte', async () => {
    const world = await open();
    const text = await (await world.post(path, { ...streamed, stream_options: { include_usage: true } })).text();
    expect(text).toContain(`"usage":${JSON.stringify(usage)}`);
    const whole = await world.post(path, question);
    expect(await whole.json()).toMatchObject({ usage, choices: [{ message: { content: 'one two three' } }] });
    expect(whole.headers.get('x-fairlead-request-id')).toBe(world.records[1]?.requestId);
    expect(world.records[1]).toMatchObject({ promptTokens: 5, completionTokens: 3, estimated: false });
  });

  it('may name the deployment in place of the model', async () => {
    const world = await open();
    expect((await world.post(path, { ...question, model: 'd' })).status).toBe(200);
    expect(world.seen[0]?.bodies).toEqual([JSON.stringify(question)]);
  });

  it('uses one connection for several requests, also before their answers are there', async () => {
    const world = await open();
    const body = JSON.stringify(question);
    const head = (more = '') =>
      `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n${more}\r\n`;
    const got = await world.raw(head() + body + head() + body + head('connection: close\r\n') + body);
    expect(got.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(got.match(/connection: keep-alive/g)).toHaveLength(2);
    expect(world.records).toHaveLength(3);
  });

  it('of HTTP/1.0 gets an answer without chunks, which ends with the connection', async () => {
    const world = await open();
    const body = JSON.stringify(streamed);
    const got = await world.raw(
      `POST ${path} HTTP/1.0\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(got).not.toContain('chunked');
    expect(got.endsWith(`\r\n\r\n${delta('one ')}${delta('two ')}${delta('three')}data: [DONE]\n\n`)).toBe(true);
  });

  it('may send its body in chunks', async () => {
    const world = await open();
    const [a, b] = [JSON.stringify(question).slice(0, 9), JSON.stringify(question).slice(9)];
    const chunks = [a, b].map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('');
    const got = await world.raw(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nx-api-key: ${world.key}\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    );
    expect(got).toContain('one two three');
    expect(world.seen[0]?.bodies).toEqual([JSON.stringify(question)]);
  });

  it('gets the list of models with their state, and one of them by its name', async () => {
    const world = await open();
    const headers = { authorization: `Bearer ${world.key}` };
    const list = (await (await fetch(`${world.url}/v1/models`, { headers })).json()) as { data: object[] };
    expect(list.data).toMatchObject([{ id: 'm', state: 'ready', instances: 1 }, { id: 'd' }]);
    expect(await (await fetch(`${world.url}/v1/models/m`, { headers })).json()).toMatchObject({ id: 'm' });
    expect((await fetch(`${world.url}/v1/models/x`, { headers })).status).toBe(404);
    expect(await (await fetch(`${world.url}/health`)).json()).toEqual({ status: 'ok' });
  });
});

describe('A request is refused', () => {
  it.each<[string, string, RequestInit, number, RegExp]>([
    ['without a key', path, { headers: {} }, 401, /There is no key/],
    ['with another kind of key', path, { headers: { 'x-api-key': 'sk-1' } }, 401, /begin with `flk_`/],
    ['for another model', path, { body: '{"model":"x"}' }, 404, /There are: m, d/],
    ['that names the model twice', path, { body: '{"model":"m","model":"m"}' }, 400, /it has \\"model\\" twice/],
    ['that is no JSON', path, { body: 'hello' }, 400, /no JSON object/],
    ['without a body', path, { body: '' }, 400, /there is none/],
    ['with a body that is too large', path, { body: 'x'.repeat(2_000) }, 413, /larger than 1000 bytes/],
    ['by a path that nothing serves', '/v1/v1/chat/completions', {}, 404, /one \/v1 too many|is not served/],
    ['by another method', path, { method: 'GET', body: null }, 405, /takes POST only/],
  ])('%s', async (_, wrong, init, status, words) => {
    const world = await open({ relay: { bodyBytes: 1_000 } });
    const answer = await world.post(wrong, question, init);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(words);
    expect(world.seen[0]?.requests).toBe(0);
  });

  it("in Anthropic's words on Anthropic's route", async () => {
    const world = await open();
    const answer = await world.post('/v1/messages', {}, { headers: { 'x-api-key': 'flk_x' } });
    expect(await answer.json()).toEqual({
      type: 'error',
      error: { type: 'authentication_error', message: 'The key has a typo, or was cut short. Copy it again.' },
    });
  });

  it('by a limit, with when to come back', async () => {
    const world = await open({ limits: { requestsPerMinute: 1 } });
    expect((await world.post(path, question)).status).toBe(200);
    const answer = await world.post(path, question);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(answer.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(await answer.text()).toContain('You have used 1 requests in the last minute, which is the limit.');
  });

  it("tells in each answer what is left of the limits, in OpenAI's names", async () => {
    const world = await open({ limits: { requestsPerMinute: 5, tokensPerMinute: 10_000, tokensPerDay: 50_000 } });
    const { headers } = await world.post(path, { ...question, max_tokens: 100 });
    const told = Object.fromEntries([...headers].filter(([name]) => /^x-ratelimit-(limit|remaining)/.test(name)));
    expect(told).toEqual({
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '4',
      'x-ratelimit-limit-tokens': '10000',
      'x-ratelimit-remaining-tokens': expect.stringMatching(/^98\d\d$/),
      'x-ratelimit-limit-tokens-day': '50000',
      'x-ratelimit-remaining-tokens-day': expect.stringMatching(/^498\d\d$/),
    });
    expect(headers.get('x-ratelimit-reset-tokens')).toMatch(/^\d+ms$/);
  });

  it('for a model that the key is not for, as if there were none', async () => {
    const world = await open({ models: ['other'] });
    const answer = await world.post(path, question);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('There is none now.');
  });

  it('with 503 and when to come back while its model is not up', async () => {
    const world = await open();
    const model = { ...world.table.get('m')!, offers: [], state: { status: 'queued' as const, reason: 'Priority' } };
    world.useModels(new Map([['m', model]]));
    const answer = await world.post(path, question);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(await answer.text()).toContain('its job waits in the queue (Priority)');
  });
});

describe('An instance that fails', () => {
  it.each([
    ['answers 503', refusing(503)],
    ['hangs up without a word', (_request: unknown, response: { destroy(): void }) => response.destroy()],
    [
      'hangs up before its first event',
      (_request: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"cho', () => response.destroy());
      },
    ],
  ])('and %s is left for another: the client sees nothing of it', async (_, failing) => {
    const world = await open({ instances: [failing as never, chat] });
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.post(path, streamed)));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    for (const text of texts) expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(world.records.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 8 }, () => 'completed'));
  });

  it('and is the only one is explained', async () => {
    const world = await open();
    world.kill(0);
    const answer = await world.post(path, question);
    expect(answer.status).toBe(502);
    expect(await answer.text()).toMatch(/The answer of m failed because .*Send the request again/);
    expect(world.records).toMatchObject([{ outcome: 'upstream_failed', status: 502, promptTokens: 0 }]);
  });

  it('that takes no connection is given up after a while', async () => {
    const reach = () => new Promise<never>(() => undefined);
    const world = await open({ reach, relay: { connectMs: 50 } });
    const answer = await world.post(path, question);
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain('it did not take the connection in time');
  });

  it('in the middle of an answer ends it with an error event, and no client can take it for complete', async () => {
    const world = await open({
      instances: [chatThen((_, response) => response.write('data: {"ch', () => response.destroy()))],
    });
    const body = JSON.stringify(streamed);
    const got = await world.raw(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(got).toContain(delta('one '));
    expect(got).toMatch(
      /data: \{"error":\{"message":"The answer of m failed because it hung up in the middle of its answer/,
    );
    expect(got).not.toMatch(/\[DONE\]|\r\n0\r\n\r\n|\{"ch\r/);
    const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: world.key, maxRetries: 0 });
    const stream = await client.chat.completions.create({ ...question, stream: true });
    await expect(Array.fromAsync(stream)).rejects.toThrow(/hung up in the middle/);
    const records = await world.settled(2);
    expect(records[0]).toMatchObject({ outcome: 'upstream_failed', completionTokens: 1, estimated: true });
  });

  it('with an answer of its own passes byte for byte, and 4xx never count against it', async () => {
    const world = await open({ instances: [refusing(400)] });
    for (let at = 0; at < 6; at += 1) {
      const answer = await world.post(path, question);
      expect([answer.status, await answer.text()]).toEqual([400, '{"error":{"message":"no"}}']);
    }
    expect(world.seen[0]?.requests).toBe(6);
  });

  it('is given no more requests once its breaker is open, while another one is there', async () => {
    const world = await open({ instances: [refusing(500), chat] });
    const begunAt = performance.now();
    for (let at = 0; at < 40; at += 1) await (await world.post(path, question)).text();
    // After each pause of two seconds one more tries it.
    const probes = Math.floor((performance.now() - begunAt) / 2_000);
    expect(world.seen[0]?.requests).toBeLessThanOrEqual(3 + probes);
  });
});

// A busy machine may hold up each process for longer: one of the tries keeps the time.
describe('A client that leaves', { retry: 5 }, () => {
  const never = () => undefined;
  it.each([
    ['before the first byte', never, { ...question }],
    ['in the middle of a stream', chatThen(never), streamed],
  ])('%s frees the instance within 100 ms', async (_, handler, body) => {
    const world = await open({ instances: [handler] });
    const text = JSON.stringify(body);
    const client = await world.dial();
    client.write(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
    await expect.poll(() => world.seen[0]?.bodies.length).toBe(1);
    if (body === streamed) await once(client, 'data');
    const leftAt = performance.now();
    client.destroy();
    const [record] = await world.settled(1);
    await expect.poll(() => world.seen[0]?.open, { interval: 5 }).toBe(0);
    expect(performance.now() - leftAt).toBeLessThan(100);
    expect(record).toMatchObject({ outcome: 'client_left' });
  });

  it('while its instance is dialled ends the dial within 100 ms', async () => {
    const dialled = Promise.withResolvers<AbortSignal>();
    const never = new Promise<never>(() => undefined);
    const reach = (signal: AbortSignal) => {
      dialled.resolve(signal);
      return never;
    };
    const world = await open({ reach });
    const client = await world.dial();
    const body = JSON.stringify(question);
    client.write(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const signal = await dialled.promise;
    const leftAt = performance.now();
    client.destroy();
    await once(signal, 'abort');
    expect(performance.now() - leftAt).toBeLessThan(100);
    expect(await world.settled(1)).toMatchObject([{ outcome: 'client_left', promptTokens: 0 }]);
  });

  it('while it sends its body has used nothing', async () => {
    const world = await open({ limits: { concurrent: 1 } });
    const client = await world.dial();
    client.write(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${world.key}\r\ncontent-length: 50\r\n\r\n{`,
    );
    client.end();
    expect(await world.settled(1)).toMatchObject([{ outcome: 'client_left', promptTokens: 0, completionTokens: 0 }]);
    expect((await world.post(path, question)).status).toBe(200);
  });
});

describe('A stream', () => {
  // A busy machine may hold up each process for longer: one of the tries keeps the time.
  it('of a key that is revoked ends within a second, with the reason', { retry: 3 }, async () => {
    const world = await open({ instances: [chatThen(() => undefined)] });
    const answer = await world.post(path, streamed);
    const reader = answer.body!.getReader();
    const first = await reader.read();
    expect(Buffer.from(first.value!).toString()).toBe(delta('one '));
    const revokedAt = performance.now();
    world.revoke();
    const last = await reader.read();
    expect(Buffer.from(last.value!).toString()).toContain('The key has been revoked');
    await expect(reader.read()).rejects.toThrow();
    expect(performance.now() - revokedAt).toBeLessThan(1_000);
    expect(world.records).toMatchObject([{ outcome: 'revoked', completionTokens: 1, estimated: true }]);
    await expect.poll(() => world.seen[0]?.open).toBe(0);
  });

  it('whose client does not read stops its instance, and costs little memory', async () => {
    let written = 0;
    const flood = chatThen((_, response) => {
      const piece = delta('x'.repeat(10_000));
      const more = () => {
        while (!response.destroyed && response.write(piece)) written += piece.length;
      };
      response.on('drain', more);
      more();
    });
    const world = await open({ instances: [flood] });
    const body = JSON.stringify(streamed);
    const client = await world.dial();
    client.pause();
    client.write(
      `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let before = -1;
    await expect.poll(() => before === (before = written) && written > 0, { interval: 300 }).toBe(true);
    // What the kernel holds on both connections is the most of it.
    expect(written).toBeLessThan(12_000_000);
    client.destroy();
    expect(await world.settled(1)).toMatchObject([{ outcome: 'client_left' }]);
  });

  it.each([
    ['a stream', true],
    ['one body', false],
  ])('of megabytes arrives whole where its client pauses again and again, as %s', async (_, isStream) => {
    const piece = delta('x'.repeat(40_000));
    const flood: Handler = (_request, response) => {
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
      for (let at = 0; at < 500; at += 1) response.write(piece);
      response.end();
    };
    const world = await open({ instances: [flood] });
    const body = JSON.stringify(streamed);
    const client = await world.dial();
    client.write(
      `POST ${path} HTTP/1.0\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let got = 0;
    client.on('data', (bytes: Buffer) => {
      got += bytes.length;
      client.pause();
      setImmediate(() => setImmediate(() => client.resume()));
    });
    await once(client, 'close');
    expect(got).toBeGreaterThan(500 * piece.length);
    expect(await world.settled(1)).toMatchObject([{ outcome: 'completed' }]);
  });

  it('that stops in the middle is ended when its time is over', async () => {
    const world = await open({ instances: [chatThen(() => undefined)], relay: { quietMs: 300 } });
    const text = await (await world.post(path, streamed)).text().catch((error: unknown) => String(error));
    expect(text).toMatch(/terminated/);
    expect(world.records).toMatchObject([{ outcome: 'timed_out' }]);
  });
});

it('Fifty streams on an instance that dies end with an error event or go on elsewhere: none is unexplained', async () => {
  const killed = Promise.withResolvers<void>();
  const slow = chatThen((_, response) => {
    detach(killed.promise.then(() => response.end(`${delta('two')}data: [DONE]\n\n`)));
  });
  const world = await open({ instances: [slow, slow] });
  const running = Array.from({ length: 50 }, async () => {
    const answer = await world.post(path, streamed);
    let text = '';
    try {
      for await (const piece of answer.body!) text += Buffer.from(piece).toString();
    } catch {
      return `${text}|cut`;
    }
    return text;
  });
  await expect.poll(() => world.seen[0]!.requests + world.seen[1]!.requests).toBe(50);
  world.kill(0);
  killed.resolve();
  const texts = await Promise.all(running);
  const whole = texts.filter((text) => text.endsWith('data: [DONE]\n\n'));
  const explained = texts.filter((text) => text.includes('data: {"error"') && text.endsWith('|cut'));
  expect(whole.length + explained.length).toBe(50);
  expect(explained.length).toBeGreaterThan(0);
  expect(world.records.filter(({ outcome }) => outcome === 'upstream_failed')).toHaveLength(explained.length);
});
