import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { type FrontWorld, openFrontWorld, readAll, until } from '../testing/front-world.ts';

const chat = '/v1/chat/completions';
let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

/** Starts a stream and resolves when its first byte is at the client. */
async function startStream(): Promise<IncomingMessage> {
  const outgoing = world.request('POST', chat);
  outgoing.on('error', () => undefined);
  outgoing.end('{}');
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}

describe('draining', () => {
  test('lets streams end, refuses what is new, and is idle afterwards', async () => {
    const streams: ServerResponse[] = [];
    world = await openFrontWorld({
      handler: (_, response) => {
        streams.push(response);
        response.write('data: 1\n\n');
      },
    });
    const responses = [await startStream(), await startStream(), await startStream()];
    expect(world.front.inFlight).toBe(3);
    world.front.startDraining(17);
    const refused = await world.fetch('POST', chat, { body: '{}' });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('17');
    expect(JSON.parse(refused.body).error.code).toBe('draining');
    expect(world.front.inFlight).toBe(3);
    let idle = false;
    const whenIdle = world.front.idle().then(() => (idle = true));
    for (const [at, response] of responses.entries()) {
      expect(idle).toBe(false);
      streams[at]?.end('data: [DONE]\n\n');
      expect(Buffer.concat(await response.toArray()).toString()).toBe('data: 1\n\ndata: [DONE]\n\n');
    }
    await whenIdle;
    expect(world.front.stats.outcomes).toMatchObject({ completed: 3, refused: 1 });
  });

  test('is final', async () => {
    world = await openFrontWorld({});
    world.front.startDraining(3);
    world.front.admit('serving');
    expect(world.front.mode).toBe('draining');
    expect((await world.fetch('GET', '/v1/models')).headers['retry-after']).toBe('3');
  });

  test('refuses a request whose head was not complete when it began', async () => {
    world = await openFrontWorld({});
    const socket = world.dial();
    const [head, tail] = ['GET /v1/models HTTP/1.1\r\nHost: a\r\n', 'x-api-key: client-key\r\n\r\n'];
    socket.write(head);
    await until(() => world.front.stats.accepted === 1);
    world.front.startDraining(3);
    socket.write(tail);
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 503 /);
    socket.destroy();
  });
});

describe('starting', () => {
  test('refuses with a time to come back, until serving', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.end('yes') });
    world.front.admit('starting', 30);
    const answer = await world.fetch('GET', '/health');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30']);
    world.front.admit('serving');
    expect((await world.fetch('GET', '/health')).body).toBe('yes');
  });
});

describe('idle', () => {
  test('resolves at once when nothing is in flight, and gives up with its signal', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.write('data: 1\n\n') });
    await world.front.idle();
    const response = await startStream();
    const giveUp = new AbortController();
    const waiting = world.front.idle(giveUp.signal);
    giveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    response.destroy();
    await world.front.idle();
  });
});

describe('cutAll', () => {
  test('ends streams as cut, at both sides, also with a frozen engine', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.write('data: 1\n\n') });
    const responses = await Promise.all([startStream(), startStream()]);
    const silent = world.dial();
    await until(() => world.front.stats.accepted === 3);
    world.front.cutAll();
    for (const response of responses) await expect(response.toArray()).rejects.toThrow(/aborted/);
    await world.front.idle();
    await until(() => world.engine.connections.every((connection) => connection.closed));
    expect(world.front.stats.outcomes.cut).toBe(3);
    silent.destroy();
  });

  test('is what disposing does, and later connections are closed at once', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.write('data: 1\n\n') });
    const response = await startStream();
    await world.front[Symbol.asyncDispose]();
    await expect(response.toArray()).rejects.toThrow(/aborted/);
    expect(await readAll(world.dial())).toBe('');
  });
});
