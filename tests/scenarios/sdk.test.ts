// The SDK in a world of real processes: a deployment behind an SSH server, its engine the simulator.

import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import {
  type ChatChunk,
  type CodedError,
  connect,
  type Connection,
  type ConnectionEvent,
  list,
  watch,
} from '@fairlead/client';
import type { laptopProfile, Written } from '@fairlead/protocol';
import { makeProgramFolder, openWorld, runProgram, type World } from '@fairlead/testkit';
import { createJobKey } from '@fairlead/ssh';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The profile's JSON. */
type Profile = Written<typeof laptopProfile>;

const messages = [{ role: 'user' as const, content: 'Tell me of ropes.' }];
/** A request for which the simulator takes half a minute. */
const long = { messages, max_tokens: 3_000, ignore_eos: true };

let world: World;
let connection: Connection;
const events: ConnectionEvent[] = [];
let heard = () => {};

beforeAll(async () => {
  world = await openWorld();
  await world.deploy('a');
  connection = await connect('a', {
    env: world.env,
    port: false,
    onEvent(event) {
      events.push(event);
      heard();
    },
  });
}, 60_000);
afterAll(async () => {
  await connection?.close();
  await world?.[Symbol.asyncDispose]();
});

async function untilEvent(match: (event: ConnectionEvent) => boolean): Promise<ConnectionEvent> {
  for (;;) {
    const found = events.find(match);
    if (found) return found;
    await new Promise<void>((resolve) => (heard = resolve));
  }
}

/** Polls the engine's metrics until `match` is true. */
async function untilRunning(match: (count: number) => boolean): Promise<number> {
  for (;;) {
    const text = await (await connection.fetch('/metrics')).text();
    const count = Number(/^vllm:num_requests_running\{.*\} (\S+)$/m.exec(text)?.[1]);
    if (match(count)) return count;
  }
}

async function failure(promise: Promise<unknown>): Promise<CodedError> {
  return promise.then(
    (value) => expect.fail(`it did not fail: ${JSON.stringify(value)}`),
    (error: CodedError) => error,
  );
}

describe('A connection without a port', () => {
  test('answers calls and fetch with the engine of the deployment', async () => {
    expect(connection).toMatchObject({ name: 'a', servedModel: 'demo', port: undefined });
    expect(await connection.health()).toMatchObject({ ok: true, status: 'ready', reason: undefined });
    expect((await connection.models()).map(({ id }) => id)).toEqual(['demo']);
    const answer = await connection.chat({ messages, max_tokens: 4 });
    expect(answer.usage?.completion_tokens).toBe(4);
    expect((await connection.complete({ prompt: 'Once', max_tokens: 4 })).choices[0]?.finish_reason).toBe('length');
    expect((await connection.embed({ input: ['rope', 'knot'] })).data.map(({ index }) => index)).toEqual([0, 1]);
    let chunks = 0;
    for await (const { choices } of connection.chatStream({ messages, max_tokens: 4 })) chunks += choices.length;
    expect(chunks).toBeGreaterThan(3);
  });

  test('is printed without its key', () => {
    expect(connection.apiKey.length).toBeGreaterThan(20);
    expect(JSON.stringify([connection.endpoint, events])).not.toContain(connection.apiKey);
  });

  test('opens no listener, and once closed keeps no process alive', async () => {
    const folder = join(world.dir, 'program');
    await makeProgramFolder(folder);
    const program = `
      import { Server } from 'node:net';
      Server.prototype.listen = () => { throw new Error('no local port may be opened here'); };
      const { connect } = await import('@fairlead/client');
      const connection = await connect('a', { port: false });
      const answer = await connection.fetch('/v1/models');
      console.log(answer.status, (await answer.json()).data[0].id);
      for await (const chunk of connection.chatStream({ messages: ${JSON.stringify(messages)} })) break;
      await connection.close();
      await connection.close();`;
    await writeFile(join(folder, 'no-port.mjs'), program);
    expect(await runProgram(join(folder, 'no-port.mjs'), { env: world.env })).toEqual({
      code: 0,
      stdout: '200 demo\n',
      stderr: '',
    });
  });
});

describe('A request that is given up', () => {
  test.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ['a call', (signal) => connection.chat(long, { signal })],
    [
      'a fetch',
      async (signal) => {
        const body = JSON.stringify({ model: 'demo', stream: true, ...long });
        const headers = { 'content-type': 'application/json' };
        const answer = await connection.fetch('/v1/chat/completions', { method: 'POST', headers, body, signal });
        return answer.text();
      },
    ],
    [
      'a stream',
      async (signal) => {
        for await (const chunk of connection.chatStream(long, { signal })) expect(chunk.id).toBeTruthy();
      },
    ],
  ])('by the signal of %s is given up by the engine', async (_name, begin) => {
    const stop = new AbortController();
    const request = failure(begin(stop.signal));
    await untilRunning((count) => count === 1);
    stop.abort();
    expect((await request).name).toBe('AbortError');
    expect(await untilRunning((count) => count === 0)).toBe(0);
  });

  test('by leaving the loop is given up by the engine', async () => {
    for await (const chunk of connection.chatStream(long)) {
      expect(chunk.choices.length).toBe(1);
      expect(await untilRunning((count) => count === 1)).toBe(1);
      break;
    }
    expect(await untilRunning((count) => count === 0)).toBe(0);
  });
});

describe('A mistake', () => {
  async function withProfile(name: string, change: (profile: Profile) => void): Promise<string> {
    const profile = JSON.parse(await readFile(world.profileFile, 'utf8')) as Profile;
    change(profile);
    const file = join(world.dir, `${name}.json`);
    await writeFile(file, JSON.stringify(profile), { mode: 0o600 });
    return file;
  }
  const tryWith = async (name: string, change: (profile: Profile) => void) =>
    failure(list({ env: world.env, profile: await withProfile(name, change) }));

  test('in the name of a deployment is told with the nearest', async () => {
    const error = await failure(connect('aa', { env: world.env, port: false }));
    expect(error).toMatchObject({ code: 'deployment_unknown', hint: 'Did you mean a?' });
    expect(error.message).toContain('found a');
    // A name that no deployment can have is unknown, like any other.
    const odd = await failure(connect('A b', { env: world.env, port: false }));
    expect(odd).toMatchObject({ code: 'deployment_unknown', message: expect.stringContaining('cannot find "A b"') });
  });

  test('in a request is told in the words of the engine', async () => {
    const wrongModel = await failure(connection.chat({ messages, model: 'nope' }));
    expect(wrongModel).toMatchObject({ code: 'model_unknown', status: 404, param: 'model' });
    expect(wrongModel.message).toContain('Valid aliases: demo');
    const tooLong = await failure(connection.chat({ messages: [{ role: 'user', content: 'rope '.repeat(20_000) }] }));
    expect(tooLong).toMatchObject({ code: 'prompt_too_long', status: 400 });
    const wrongKey = await connection.fetch('/v1/models', { headers: { authorization: 'Bearer wrong' } });
    expect(wrongKey.status).toBe(401);
    expect(await failure(connection.fetch('https://example.org/'))).toMatchObject({ code: 'url_refused' });
  });

  test('a port that is taken is named', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const error = await failure(connect('a', { env: world.env, port }));
    server.close();
    expect(error).toMatchObject({ code: 'port_taken' });
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });

  test('on the way to the bastion has a code of its own', async () => {
    await writeFile(join(world.dir, 'other_key'), createJobKey().privateKey.reveal(), { mode: 0o600 });
    const errors = await Promise.all([
      failure(list({ env: { ...world.env, FAIRLEAD_PROFILE: join(world.dir, 'none.json') } })),
      tryWith('no-host', ({ bastion }) => (bastion.routes[0]!.port = 1)),
      tryWith('other-host', ({ bastion }) => (bastion.hostKeys = [createJobKey().publicKey])),
      tryWith('other-key', ({ bastion }) => (bastion.routes[0]!.identityFile = join(world.dir, 'other_key'))),
      tryWith('moved', ({ bastion }) => (bastion.host = 'elsewhere')),
      tryWith('other-token', (profile) => (profile.ownerToken = 'x'.repeat(43))),
    ]);
    expect(errors.map(({ code }) => code)).toEqual([
      'profile_missing',
      'refused',
      'host_key_changed',
      'auth_failed',
      'bastion_moved',
      'control_answer',
    ]);
    for (const { message, hint } of errors) {
      expect(message).not.toContain('xxxx');
      expect(hint).toBeTruthy();
    }
    const unwatched = watch({ env: world.env, profile: join(world.dir, 'other-token.json') });
    expect(await failure(unwatched.next())).toMatchObject({ code: 'control_answer', wireCode: 'unauthorized' });
  });
});

describe('While things move', () => {
  test('a stream goes on over the next generation, and the events say so', async () => {
    const stop = new AbortController();
    const watching = watch({ env: world.env, signal: stop.signal });
    const told = [(await watching.next()).value?.type];
    const stream = connection.chatStream({ ...long, max_tokens: 300, stream_options: { include_usage: true } });
    await stream.next();
    await world.bastion.dropSessions();
    let last: ChatChunk | undefined;
    for await (const chunk of stream) last = chunk;
    expect(last?.usage?.completion_tokens).toBe(300);
    expect(events.filter(({ type }) => type.startsWith('requests.'))).toEqual([
      { type: 'requests.paused', requests: 1, reason: expect.any(String) },
      { type: 'requests.resumed', requests: 1, outageMs: expect.any(Number) },
    ]);
    expect((await connection.chat({ messages, max_tokens: 2 })).usage?.completion_tokens).toBe(2);
    const up = await untilEvent((event) => event.type === 'endpoint.up' && event.again);
    expect(up).toMatchObject({ endpoint: { deployment: 'a', generation: 2 } });
    expect(connection.endpoint.generation).toBe(2);
    for (let serves = false; !serves;) {
      const { value: event } = await watching.next();
      told.push(event?.type);
      const seen = event?.type === 'deployments.listed' ? event.deployments : [];
      const changed = event?.type === 'deployment.changed' ? [event.deployment] : seen;
      serves = changed.some(({ instances }) =>
        instances.some(({ isServing, generation }) => isServing && generation === 2),
      );
    }
    const kinds = told.filter((type) => type !== 'deployment.changed');
    expect(kinds.slice(0, 3)).toEqual(['deployments.listed', 'control.lost', 'deployments.listed']);
    stop.abort(new Error('seen enough'));
    await expect(watching.next()).rejects.toThrow('seen enough');
  });

  test('a deployment made anew is followed to its new key, and its end is told', async () => {
    const given = connection.openai();
    await world.json('stop', 'a', '--now');
    expect(await untilEvent((event) => event.type === 'deployment.ended')).toMatchObject({
      deployment: { name: 'a', status: 'stopped', isServing: false },
    });
    await connection.ended;
    expect(await failure(connection.chat({ messages }))).toMatchObject({ code: 'endpoint_ended' });
    expect(await connection.health()).toMatchObject({ ok: false, status: 'stopped' });
    expect(await failure(connect('a', { env: world.env }))).toMatchObject({ code: 'endpoint_not_ready' });
    const former = connection.endpoint.instanceId;
    events.length = 0;
    await world.deploy('a');
    await untilEvent((event) => event.type === 'endpoint.up' && event.endpoint.instanceId !== former);
    expect(connection.apiKey).not.toBe(given.apiKey);
    const answer = await given.fetch(`${given.baseURL}/models`, {
      headers: { authorization: `Bearer ${given.apiKey}` },
    });
    expect(answer.status).toBe(200);
    const all = await list({ env: world.env, all: true });
    expect(all.map(({ name, status }) => `${name} ${status}`)).toContain('a ready');
  }, 60_000);
});
