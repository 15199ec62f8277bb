import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { offerOf, openEngineSim } from './open-engine-sim.ts';
import { eventsOf, exchange, requestText } from './testing/exchange.ts';
import { ask, bearer, chatPath, key, openSim, until } from './testing/open-sim.ts';
import { readRecorded, withoutIds } from './testing/recorded-answer.ts';
import { runOf, shapeOf } from './testing/shape.ts';
import { routesOf } from './wire/routes.ts';

describe('EngineSim: answers like the recorded vLLM', () => {
  test('chat: usage and finish are the recorded ones', async () => {
    await using engine = await openSim();
    const recorded = JSON.parse(readRecorded('chat').body) as { usage: unknown };
    const answer = JSON.parse((await engine.send(ask({ max_tokens: 8 }))).body) as {
      usage: unknown;
      choices: unknown[];
    };
    expect(answer.usage).toEqual(recorded.usage);
    expect(answer.choices).toMatchObject([{ finish_reason: 'length', stop_reason: null }]);
  });

  test.each(['chat-stream', 'chat-stream-usage', 'chat-stream-usage-cont'])('%s: the same events', async (name) => {
    await using engine = await openSim();
    const recorded = readRecorded(name);
    const answer = await engine.send({ path: recorded.path, body: recorded.requestBody });
    expect(answer.complete).toBe(true);
    const [mine, theirs] = [answer.body, recorded.body].map(runOf);
    // Whether the chunk with the finish also has a token depends on the text.
    expect(mine?.slice(0, 2)).toEqual(theirs?.slice(0, 2));
    expect(mine?.at(-1)).toEqual(theirs?.at(-1));
  });

  test('models: the recorded entry for each served name and adapter', async () => {
    const adapters = [{ name: 'boot-lora', path: '/models/m1-lora' }];
    await using engine = await openSim({ lora: { adapters } });
    const answer = await engine.send({ path: '/v1/models' });
    expect(withoutIds(answer.body)).toBe(withoutIds(readRecorded('models-with-lora').body));
  });

  test('invocations: generates without a key, for messages and for a prompt', async () => {
    await using engine = await openSim();
    const text = await exchange(engine.path, {
      path: '/invocations',
      body: { model: 'tiny', prompt: 'hi', max_tokens: 2 },
    });
    expect(text.status).toBe(200);
    expect(shapeOf(JSON.parse(text.body))).toEqual(shapeOf(JSON.parse(readRecorded('completion').body)));
    const chat = await exchange(engine.path, { ...ask({ max_tokens: 2 }), path: '/invocations' });
    expect(JSON.parse(chat.body)).toMatchObject({ object: 'chat.completion', usage: { completion_tokens: 2 } });
  });
});

describe('EngineSim: the key', () => {
  test('is required on exactly the same routes as by vLLM', async () => {
    await using engine = await openSim({ lora: { updates: true } });
    const statuses = await Promise.all(
      routesOf(offerOf({ lora: { updates: true } })).flatMap(({ path, methods }) =>
        methods.map(async (method) => {
          const answer = await exchange(engine.path, { method, path, ...(method === 'POST' ? { body: {} } : {}) });
          return answer.status === 401 ? [`${method} ${path}`] : [];
        }),
      ),
    );
    expect(statuses.flat().toSorted()).toEqual([
      'GET /v1/models',
      'GET /v1/responses/{response_id}',
      'POST /v1/chat/completions',
      'POST /v1/completions',
      'POST /v1/embeddings',
      'POST /v1/load_lora_adapter',
      'POST /v1/messages',
      'POST /v1/messages/count_tokens',
      'POST /v1/rerank',
      'POST /v1/responses',
      'POST /v1/responses/{response_id}/cancel',
      'POST /v1/score',
      'POST /v1/unload_lora_adapter',
      'POST /v2/embed',
      'POST /v2/rerank',
    ]);
  });

  test.each([
    ['nothing', {}],
    ['a wrong key', { authorization: 'Bearer k124' }],
    ['the key without its scheme', { authorization: key }],
    ['another scheme', { authorization: `Basic ${key}` }],
    ['x-api-key', { 'x-api-key': key }],
  ])('refuses %s', async (_title, headers) => {
    await using engine = await openSim();
    expect(await exchange(engine.path, { path: '/v1/models', headers })).toMatchObject({
      status: 401,
      body: '{"error":"Unauthorized"}',
    });
    expect((await exchange(engine.path, { path: '/%76%31/models', headers })).status).toBe(401);
  });

  test('is not required if there is none', async () => {
    await using engine = await openSim({ apiKeys: [] });
    expect((await exchange(engine.path, { path: '/v1/models' })).status).toBe(200);
  });
});

describe('EngineSim: generating', () => {
  test('the same request has the same answer, streamed or not; another prompt another one', async () => {
    await using engine = await openSim();
    const whole = JSON.parse((await engine.send(ask())).body) as { choices: Array<{ message: { content: string } }> };
    const text = whole.choices[0]?.message.content;
    const stream = await engine.send(ask({ stream: true }));
    expect(streamedText(stream.body)).toBe(text);
    const other = await engine.send({
      path: chatPath,
      body: { messages: [{ role: 'user', content: 'another' }], stream: true },
    });
    expect(streamedText(other.body)).not.toBe(text);
  });

  test('each token is its own event, even at full speed', async () => {
    await using engine = await openSim();
    const body = (await engine.send(ask({ stream: true, max_tokens: 500, ignore_eos: true }))).body;
    // The role, 500 tokens of which the last one carries the finish, and [DONE].
    expect(eventsOf(body)).toHaveLength(1 + 500 + 1);
  });

  test('stop strings end the text before them', async () => {
    await using engine = await openSim();
    const plain = streamedText((await engine.send(ask({ stream: true }))).body);
    const stop = plain.slice(12, 17);
    const cut = await engine.send(ask({ stream: true, stop: [stop] }));
    expect(streamedText(cut.body)).toBe(plain.slice(0, plain.indexOf(stop)));
    expect(cut.body).toContain(`"finish_reason":"stop","stop_reason":${JSON.stringify(stop)}`);
  });

  test('prefill and decode take the requested time', async () => {
    await using engine = await openSim();
    using open = engine.open(ask({ stream: true, sim: { prefill_ms: 80, decode_ms: 20, tokens: 6 } }));
    const began = performance.now();
    await open.until(/"content":"[A-Z]/);
    expect(performance.now() - began).toBeGreaterThanOrEqual(75);
    await open.ended;
    const wholeMs = performance.now() - began;
    expect(wholeMs).toBeGreaterThanOrEqual(175);
    expect(wholeMs).toBeLessThan(10_000);
  });

  test('the head of a stream arrives before its first token', async () => {
    await using engine = await openSim({ prefillMs: 60_000 });
    using open = engine.open(ask({ stream: true }));
    expect(await open.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  // A busy machine may hold up each process for longer: one of the tries keeps the time.
  test('the request of a client that leaves ends within 100 ms, streaming or waiting', { retry: 5 }, async () => {
    await using engine = await openSim({ prefillMs: 5, decodeMs: 10 });
    const clients = [ask({ stream: true, ignore_eos: true }), ask({ ignore_eos: true })].map((request) =>
      engine.open(request),
    );
    await until(() => engine.sim.stats().running === 2);
    await until(() => engine.sim.stats().generationTokens >= 2);
    for (const client of clients) client.socket.destroy();
    const began = performance.now();
    await until(() => engine.sim.stats().running === 0);
    expect(performance.now() - began).toBeLessThan(100);
    const metrics = await engine.send({ path: '/metrics' });
    expect(metrics.body).toContain('vllm:num_requests_running{engine="0",model_name="tiny"} 0');
    expect(metrics.body).toMatch(/request_success_total\{[^}]*finished_reason="abort"\} 0/);
  });

  test('a client that does not read stops only its own stream', async () => {
    await using engine = await openSim({ maxModelLen: 10_000_000 });
    const socket = connect(engine.path);
    socket.pause();
    socket.write(requestText({ ...ask({ stream: true, ignore_eos: true, max_tokens: 5_000_000 }), headers: bearer }));
    let before = -1;
    await until(() => engine.sim.stats().generationTokens > 0);
    await until(() => {
      const now = engine.sim.stats().generationTokens;
      const still = now === before;
      before = now;
      return still;
    }, 50);
    expect((await engine.send(ask({ max_tokens: 5 }))).status).toBe(200);
    expect(engine.sim.stats().generationTokens).toBe(before + 5);
    socket.resume();
    await until(() => engine.sim.stats().generationTokens > before + 1000);
    socket.destroy();
  });
});

describe('EngineSim: connections', () => {
  test('an idle one is closed after five seconds', async () => {
    await using engine = await openSim();
    const socket = connect(engine.path);
    socket.resume();
    socket.write(requestText({ path: '/health' }));
    await once(socket, 'data');
    const began = performance.now();
    await once(socket, 'end');
    const idleMs = performance.now() - began;
    expect(idleMs).toBeGreaterThan(4500);
    expect(idleMs).toBeLessThan(30_000);
  });

  test('one with `connection: close` is closed after an answer that says so', async () => {
    await using engine = await openSim();
    const answer = await engine.send({ path: '/health', headers: { connection: 'close' } });
    expect(Object.fromEntries(answer.headers)).toMatchObject({ connection: 'close' });
  });

  test('one that does not speak HTTP gets the answer of uvicorn', async () => {
    await using engine = await openSim();
    const socket = connect(engine.path);
    socket.setEncoding('utf8').write('nonsense\r\n\r\n');
    const [text] = (await once(socket, 'data')) as [string];
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request[\s\S]*Invalid HTTP request received\.$/);
  });
});

test('EngineSim: /load counts requests in flight, and only with its flag', async () => {
  for (const [loadTracking, expected] of [
    [true, 1],
    [false, 0],
  ] as const) {
    await using engine = await openSim({ loadTracking, prefillMs: 60_000 });
    using waiting = engine.open(ask());
    await until(() => engine.sim.stats().inFlight === 1);
    expect((await engine.send({ path: '/load' })).body).toBe(`{"server_load":${expected}}`);
    waiting.socket.destroy();
  }
});

test('EngineSim: listens on TCP, on a free port for 0', async () => {
  await using sim = await openEngineSim({ listen: { host: '127.0.0.1', port: 0 } });
  if (!('port' in sim.address)) throw new Error('no port');
  const answer = await fetch(`http://127.0.0.1:${sim.address.port}/version`);
  expect(await answer.json()).toEqual({ version: '0.32.0' });
});

function streamedText(body: string): string {
  const chunks = eventsOf(body).filter((event) => event !== '[DONE]');
  const deltas = chunks.map((event) => JSON.parse(event) as { choices: Array<{ delta: { content?: string } }> });
  return deltas.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
}
