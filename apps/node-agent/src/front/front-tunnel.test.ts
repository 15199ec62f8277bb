import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findEngineKind } from '@fairlead/engines';
import { type EngineSim, type EngineSimOptions, openEngineSim } from '@fairlead/engine-sim';
import { Scope, Secret, silentLog, systemClock } from '@fairlead/kit';
import { dialMux, type MuxSession } from '@fairlead/mux';
import { openSsh, type SshConnection } from '@fairlead/ssh';
import { hasSshd, openTestSsh, type TestSsh } from '@fairlead/ssh/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Front, openFront } from './front.ts';
import { answerTo, testEngineKey, key, until } from '../testing/front-world.ts';

const kinds = (await hasSshd()) ? (['sshd', 'builtin'] as const) : (['builtin'] as const);

const ways = kinds.flatMap((kind) => [[kind, 'channels'] as const, [kind, 'a mux'] as const]);

describe.each(ways)('through two SSH hops over %s, by %s', (kind, way) => {
  let server: TestSsh;
  let scope: Scope;
  let front: Front;
  let sim: EngineSim;
  let laptop: SshConnection;
  let endpoint: string;
  let mux: MuxSession | undefined;
  let count = 0;

  beforeAll(async () => {
    server = await openTestSsh(kind);
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(() => scope[Symbol.asyncDispose]());

  /** Engine ← front ← first hop ← socket on the bastion ← second hop. */
  async function open(engine: Partial<EngineSimOptions> = {}): Promise<void> {
    scope = new Scope();
    const path = join(server.dir, `e${(count += 1)}.sock`);
    sim = scope.use(await openEngineSim({ listen: { uds: path }, apiKeys: [new Secret(testEngineKey)], ...engine }));
    const [apiKey, engineKey] = [new Secret(key), new Secret(testEngineKey)];
    front = scope.use(
      openFront({
        engineAddress: () => ({ path }),
        routes: findEngineKind('vllm').routes,
        apiKey,
        engineKey,
        clock: systemClock,
        random: () => 0.5,
        log: silentLog,
      }),
    );
    front.admit('serving');
    endpoint = join(server.dir, `t${count}.sock`);
    const agent = scope.use(await openSsh(server.target));
    scope.use(await agent.listen(endpoint, (stream) => front.accept(stream)));
    laptop = scope.use(await openSsh(server.target));
    mux = way === 'a mux' ? await dialFront() : undefined;
  }

  async function dialFront(): Promise<MuxSession> {
    const dialled = await dialMux(await laptop.dial(endpoint), { clock: systemClock });
    if (!dialled.ok) throw new Error(`the front is ${dialled.reason}`);
    return dialled.session;
  }

  async function ask(body: Record<string, unknown>): Promise<ClientRequest> {
    const stream = mux ? mux.open() : await laptop.dial(endpoint);
    const outgoing = request({
      createConnection: () => stream as Socket,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    outgoing.on('error', () => undefined);
    outgoing.end(JSON.stringify({ model: 'sim', messages: [{ role: 'user', content: 'hello' }], ...body }));
    return outgoing;
  }

  async function startStream(maxTokens: number): Promise<IncomingMessage> {
    const outgoing = await ask({ stream: true, max_tokens: maxTokens });
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    return response;
  }

  test('a completion streams to its end', async () => {
    await open({ decodeMs: 1 });
    const body = await text(await startStream(20));
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
    await front.idle();
    expect(front.stats.outcomes.completed).toBe(1);
  });

  test('50 at once do', async () => {
    await open({ decodeMs: 1 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => answerTo(await ask({ stream: true, max_tokens: 20 }))),
    );
    for (const { status, body } of answers) expect([status, body.endsWith('data: [DONE]\n\n')]).toEqual([200, true]);
    await front.idle();
    expect(front.stats.outcomes.completed).toBe(50);
  });

  test('bulk goes up and down whole beside 50 streams', async () => {
    await open({ decodeMs: 1 });
    const streams = Array.from({ length: 50 }, async () =>
      answerTo(await ask({ stream: true, max_tokens: 50 })).then(({ body }) => body.endsWith('data: [DONE]\n\n')),
    );
    const long = 'x'.repeat(8_000_000);
    const bulk = await answerTo(await ask({ model: 'other', messages: [{ role: 'user', content: long }] }));
    expect(bulk.status).toBe(404);
    expect(await Promise.all(streams)).toEqual(streams.map(() => true));
    await front.idle();
    expect(front.stats.bytesToEngine).toBeGreaterThan(long.length);
  });

  test('a client that leaves before the first token frees the engine', async () => {
    await open({ prefillMs: 3_600_000 });
    const outgoing = await ask({ stream: true });
    await until(() => sim.stats().inFlight === 1);
    outgoing.destroy();
    await until(() => sim.stats().inFlight === 0);
    await front.idle();
    expect(front.stats.outcomes.client_left).toBe(1);
  });

  test('a client that leaves in the middle of a stream frees the engine', async () => {
    await open({ decodeMs: 5 });
    const response = await startStream(5_000);
    response.destroy();
    await until(() => sim.stats().inFlight === 0);
    await front.idle();
    expect(front.stats.outcomes.client_left).toBe(1);
  });

  test('a tunnel that is lost frees the engine', async () => {
    await open({ decodeMs: 5 });
    const response = await startStream(5_000);
    const cut = expect(text(response)).rejects.toThrow();
    await server.dropSessions();
    await until(() => sim.stats().inFlight === 0);
    await front.idle();
    await cut;
  });

  test('an engine that is cut in the middle of a stream is an error at the client', async () => {
    await open({ decodeMs: 1, faults: ['cut:5'] });
    const answered = answerTo(await ask({ stream: true, max_tokens: 20 }));
    await expect(answered).rejects.toThrow(/aborted|hang up|ECONNRESET|premature/i);
    await front.idle();
  });

  test('a frozen engine is let go when the front is cut', async () => {
    await open({ faults: ['hang'] });
    const outgoing = await ask({ max_tokens: 1 });
    const answered = expect(once(outgoing, 'response')).rejects.toThrow(/hang up|ECONNRESET|lost the channel/);
    await until(() => front.inFlight === 1 && sim.stats().inFlight === 1);
    front.cutAll();
    await answered;
    await until(() => sim.stats().inFlight === 0);
  });
});
