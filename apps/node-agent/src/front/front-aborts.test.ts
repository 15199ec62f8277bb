import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { detach } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { answerTo, type FrontWorld, key, openFrontWorld, readAll, until } from '../testing/front-world.ts';

const chat = '/v1/chat/completions';
const head = `POST ${chat} HTTP/1.1\r\nHost: a\r\nx-api-key: ${key}\r\n`;
let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

const closings: Array<[string, (socket: Socket) => void]> = [
  ['closes', (socket) => socket.destroy()],
  // What a tunnel passes on when its client is gone.
  ['ends its side', (socket) => socket.end()],
];

describe.each(closings)('a client that %s', (_name, leave) => {
  test('before its head is complete: the engine never hears of it', async () => {
    world = await openFrontWorld({});
    const socket = world.dial();
    socket.write(head);
    await until(() => world.front.stats.accepted === 1);
    leave(socket);
    await until(() => world.front.stats.outcomes.client_left === 1);
    expect(world.engine.connections).toEqual([]);
    expect(world.front.inFlight).toBe(0);
  });

  test('while it sends its body: the engine is let go', async () => {
    world = await openFrontWorld({});
    const socket = world.dial();
    const engine = world.engine.nextConnection();
    socket.write(`${head}Content-Length: 10\r\n\r\nhello`);
    const connection = await engine;
    leave(socket);
    await until(() => connection.closed);
    await world.front.idle();
  });

  test('before the first byte of the response: the engine is let go', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<IncomingMessage>();
    world = await openFrontWorld({ handler: (incoming) => resolve(incoming) });
    const socket = world.dial();
    socket.write(`${head}\r\n`);
    const incoming = await asked;
    expect(world.front.inFlight).toBe(1);
    leave(socket);
    await until(() => incoming.closed);
    await world.front.idle();
    expect(world.front.stats.outcomes.client_left).toBe(1);
  });

  test('in the middle of a stream: the engine is let go', async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    world = await openFrontWorld({
      handler: (_, response) => {
        response.write('data: one\n\n');
        response.once('close', resolve);
      },
    });
    const socket = world.dial();
    socket.write(`${head}\r\n`);
    await once(socket, 'data');
    leave(socket);
    await left;
    await world.front.idle();
    expect(world.front.stats.outcomes).toMatchObject({ client_left: 1, completed: 0 });
  });
});

test('a client that closes after the last chunk, but before the engine does, has not left early', async () => {
  world = await openFrontWorld({
    raw: (socket) => void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n2\r\nok\r\n0\r\n\r\n')),
  });
  const socket = world.dial();
  const engine = world.engine.nextConnection();
  socket.write(`${head}\r\n`);
  const connection = await engine;
  await once(socket, 'data');
  socket.destroy();
  await until(() => connection.closed);
  await world.front.idle();
  expect(world.front.stats.outcomes.completed).toBe(1);
});

describe('an engine', () => {
  test('that is cut in the middle of a stream is an error at the client, not an end', async () => {
    world = await openFrontWorld({
      handler: (_, response) => {
        response.write('data: one\n\n', () => setImmediate(() => response.destroy()));
      },
    });
    await expect(world.fetch('POST', chat, { body: '{}' })).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
  });

  test('that resets the connection in the middle of a stream is one too', async () => {
    world = await openFrontWorld({
      raw: (socket) => {
        // Unread bytes at a close become a reset of a unix socket's peer.
        socket.once('readable', () => {
          socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ndata\r\n', () => socket.destroy());
        });
      },
    });
    await expect(world.fetch('POST', chat, { body: '{}' })).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
    await world.front.idle();
  });

  test('that hangs up without a word is a 502', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.destroy() });
    const answer = await world.fetch('POST', chat, { body: '{}' });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body).error.code).toBe('engine_unavailable');
    await world.front.idle();
    expect(world.front.stats.outcomes.engine_failed).toBe(1);
  });

  test('that listens no more, or never did, is a 502', async () => {
    world = await openFrontWorld({});
    world.engine.close();
    expect((await world.fetch('GET', '/v1/models')).status).toBe(502);
    expect((await world.fetch('GET', '/v1/models')).headers).toMatchObject({ 'retry-after': '5' });
    await world.front.idle();
  });

  test('that is not there is a 503 to come back to', async () => {
    const there: string[] = [];
    world = await openFrontWorld({ handler: (_, response) => void response.end('yes'), engineSocket: () => there[0] });
    const answer = await world.fetch('GET', '/v1/models');
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(JSON.parse(answer.body).error.code).toBe('not_ready');
    there.push(world.engine.path);
    expect((await world.fetch('GET', '/v1/models')).body).toBe('yes');
  });

  test('that answers before the body is sent, and hangs up, is heard', async () => {
    world = await openFrontWorld({
      raw: (socket) => {
        socket.once('data', () =>
          socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnope', () => socket.destroy()),
        );
      },
    });
    for (let round = 0; round < 10; round += 1) {
      const outgoing = world.request('POST', chat, { 'content-length': String(4 << 20) });
      const answer = await answerTo(outgoing, Buffer.alloc(4 << 20));
      expect([answer.status, answer.body]).toEqual([404, 'nope']);
    }
  });

  test('that dies while it takes no more of a body is a 502, and the client is read to its end', async () => {
    world = await openFrontWorld({ raw: (socket) => void socket.pause(), limits: { lingerMs: 1e9 } });
    const socket = world.dial();
    const engine = world.engine.nextConnection();
    socket.write(`${head}Content-Length: ${4 << 20}\r\n\r\n`);
    socket.write(Buffer.alloc(4 << 20));
    const frozen = await engine;
    await until(() => world.front.inFlight === 1);
    frozen.destroy();
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 502 /);
    socket.end();
    await world.front.idle();
  });

  test('that is frozen keeps the request in flight until the client leaves', async () => {
    world = await openFrontWorld({ raw: (socket) => void socket.pause() });
    const socket = world.dial();
    const engine = world.engine.nextConnection();
    socket.write(`${head}\r\n`);
    const frozen = await engine;
    await until(() => world.front.inFlight === 1);
    socket.destroy();
    await world.front.idle();
    frozen.resume();
    await once(frozen, 'close');
  });
});

describe('time', () => {
  test('for a head that does not come is limited', async () => {
    const clock = new ManualClock();
    const handler: RequestListener = (_, response) => void response.end('done');
    world = await openFrontWorld({ handler, limits: { headMs: 40 }, clock });
    const ready = world.dial();
    const slow = world.dial();
    slow.write('GET /v1/models HTTP/1.1\r\n');
    let refused: string | undefined;
    detach(readAll(slow).then((text) => (refused = text)));
    while (refused === undefined) await clock.advance(10);
    expect(refused).toMatch(/^HTTP\/1.1 400 [^]*did not arrive in time/);
    slow.end();
    await until(() => world.front.stats.outcomes.refused === 1);
    expect(world.lines).toMatchObject([{ ok: false, code: 'bad_request' }]);
    // That time is not the one for which a client may hold a connection ready; its request's own begins with its first byte.
    ready.write(`${head}\r\n`);
    expect(await readAll(ready)).toMatch(/^HTTP\/1.1 200 /);
    ready.end();
    await until(() => world.lines.length === 2);
    expect(world.lines[1]).toMatchObject({ firstByteMs: 0 });
  });

  test('to hold a connection ready is limited', async () => {
    world = await openFrontWorld({ limits: { idleMs: 40 } });
    expect(await readAll(world.dial())).toBe('');
    expect(world.lines).toEqual([]);
  });

  test('for a body that stops is limited, but not while the engine takes none', async () => {
    world = await openFrontWorld({ limits: { bodyIdleMs: 40 } });
    const socket = world.dial();
    socket.write(`${head}Content-Length: 10\r\n\r\nhello`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 400 [^]*stopped arriving/);
    await until(() => world.engine.connections[0]?.closed === true);
  });

  test.each(['serving', 'draining'] as const)(
    'for an engine that takes nothing of an upload is limited, also for a client that left unseen (%s)',
    async (mode) => {
      world = await openFrontWorld({ raw: (socket) => void socket.pause(), limits: { bodyIdleMs: 30 } });
      const [stays, leaves] = [world.dial(), world.dial()];
      for (const socket of [stays, leaves]) {
        socket.on('error', () => undefined);
        socket.write(`${head}Content-Length: ${4 << 20}\r\n\r\n`);
        socket.write(Buffer.alloc(4 << 20));
      }
      // When nothing has moved for 200 turns of the loop, the front reads neither of them any more.
      let [last, still] = [-1, 0];
      await until(
        () => ((still = leaves.writableLength === last ? still + 1 : 0), (last = leaves.writableLength), still > 200),
      );
      expect(world.front.inFlight).toBe(2);
      if (mode === 'draining') world.front.startDraining(5);
      leaves.destroy();
      expect(await readAll(stays)).toMatch(/^HTTP\/1.1 502 [^]*stopped taking the body/);
      stays.destroy();
      await world.front.idle();
      expect(world.front.stats.outcomes.engine_failed).toBe(2);
    },
  );

  test('for a response is not limited', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    const limits = { idleMs: 20, headMs: 20, bodyIdleMs: 20, lingerMs: 20 };
    world = await openFrontWorld({ handler: (_, response) => asked.resolve(response), limits });
    const answer = world.fetch('POST', chat, { body: '{}' });
    const response = await asked.promise;
    // One that came later has had all the time there is.
    expect(await readAll(world.dial())).toBe('');
    response.end('late');
    expect((await answer).body).toBe('late');
  });

  test('to close after the response is limited', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.end('done'), limits: { lingerMs: 40 } });
    const socket = world.dial();
    socket.write(`${head}\r\n`);
    expect(await readAll(socket)).toMatch(/done/);
    expect(world.front.inFlight).toBe(1);
    await world.front.idle();
    await once(socket.end(), 'close');
  });
});
