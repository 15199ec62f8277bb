import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { duplexPair } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  testEngineKey,
  type FrontWorld,
  key,
  openFrontWorld,
  readAll,
  until,
} from '../testing/front-world.ts';

const chat = '/v1/chat/completions';
let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

/** An engine that says what it got. */
async function echo(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ url: incoming.url, headers: incoming.headers, body: body.toString('latin1') }));
}

describe('a request that is let through', () => {
  test('reaches the engine with its body, with the engine key and without the client key', async () => {
    world = await openFrontWorld({ handler: echo });
    const outgoing = world.request('POST', `${chat}?a=%2F`, { 'x-api-key': key, 'x-mine': 'yes', te: 'trailers' });
    outgoing.removeHeader('authorization');
    const answer = await answerTo(outgoing, 'hello');
    expect(answer.status).toBe(200);
    const got = JSON.parse(answer.body);
    expect(got).toMatchObject({ url: `${chat}?a=%2F`, body: 'hello' });
    expect(got.headers).toMatchObject({
      authorization: `Bearer ${testEngineKey}`,
      connection: 'close',
      'x-mine': 'yes',
    });
    expect(got.headers).not.toHaveProperty('x-api-key');
    expect(got.headers).not.toHaveProperty('te');
    expect(answer.body).not.toContain(key);
  });

  test('may have a body in chunks of any size', async () => {
    world = await openFrontWorld({ handler: echo });
    const outgoing = world.request('POST', chat);
    const parts = Array.from({ length: 300 }, (_, at) => 'x'.repeat(at * 7 + 1));
    for (const part of parts) outgoing.write(part);
    expect(JSON.parse((await answerTo(outgoing)).body).body).toBe(parts.join(''));
  });

  test('may be sent byte by byte', async () => {
    world = await openFrontWorld({ handler: echo });
    const socket = world.dial();
    const head = `POST ${chat} HTTP/1.1\r\nHost: a\r\nx-api-key: ${key}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    for (const byte of Buffer.from(`${head}5;a=b\r\nhello\r\n0\r\nT: u\r\n\r\n`)) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).toContain('"body":"hello"');
  });

  test('is told to go on when it asks first', async () => {
    world = await openFrontWorld({ handler: echo });
    const outgoing = world.request('POST', chat, { expect: '100-continue', 'content-length': '5' });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    const answer = await answerTo(outgoing, 'hello');
    expect(JSON.parse(answer.body)).toMatchObject({ body: 'hello' });
    expect(JSON.parse(answer.body).headers).not.toHaveProperty('expect');
  });

  test('of HTTP/1.0 is answered without chunks', async () => {
    world = await openFrontWorld({
      handler: (_, response) => {
        response.write('one');
        response.end('two');
      },
    });
    const socket = world.dial();
    socket.write(`GET /v1/models HTTP/1.0\r\nx-api-key: ${key}\r\n\r\n`);
    expect(await readAll(socket)).toMatch(/\r\n\r\nonetwo$/);
  });

  test('is one debug line, without keys, query and content', async () => {
    world = await openFrontWorld({ handler: echo });
    await world.fetch('POST', `${chat}?secret=1`, { body: 'a prompt' });
    await world.front.idle();
    expect(world.lines).toMatchObject([
      {
        op: 'front.request',
        ok: true,
        outcome: 'completed',
        method: 'POST',
        route: chat,
        status: 200,
        bytesToEngine: 8,
      },
    ]);
    expect(JSON.stringify(world.lines)).not.toMatch(/key|secret|prompt/);
  });
});

describe('a request that is refused', () => {
  test.each([
    ['GET', '/invocations', 404],
    ['POST', '/invocations', 404],
    ['POST', '/v1/load_lora_adapter', 404],
    ['GET', '/docs', 404],
    ['OPTIONS', chat, 405],
    ['GET', chat, 405],
    ['PUT', '/v1/models', 405],
    ['POST', '/v1/%2e%2e/invocations', 400],
    ['POST', '//invocations', 404],
  ])('%s %s: the engine hears nothing of it', async (method, path, status) => {
    world = await openFrontWorld({ handler: echo });
    const answer = await world.fetch(method, path, { body: 'hello' });
    expect(answer.status).toBe(status);
    expect(answer.headers.connection).toBe('close');
    expect(JSON.parse(answer.body).error).toMatchObject({ param: null, message: expect.any(String) });
    expect(world.engine.connections).toEqual([]);
  });

  test.each([
    ['none', {}, 401],
    ['a wrong one', { authorization: 'Bearer nope' }, 401],
    ["the engine's", { authorization: `Bearer ${testEngineKey}` }, 401],
    ['two that differ', { authorization: `Bearer ${key}`, 'x-api-key': 'other' }, 400],
  ])('for its key: %s', async (_name, headers, status) => {
    world = await openFrontWorld({ handler: echo });
    for (const path of ['/v1/models', '/health', '/tokenize', '/invocations']) {
      const outgoing = world.request('GET', path, headers as Record<string, string>);
      if (!('authorization' in headers)) outgoing.removeHeader('authorization');
      expect((await answerTo(outgoing)).status).toBe(status);
    }
    expect(world.engine.connections).toEqual([]);
  });

  test('for its size, by its length: before a byte of it was sent', async () => {
    world = await openFrontWorld({ handler: echo, limits: { bodyBytes: 10 } });
    const outgoing = world.request('POST', chat, { expect: '100-continue', 'content-length': '11' });
    outgoing.flushHeaders();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(world.engine.connections).toEqual([]);
    outgoing.destroy();
  });

  test('for its size, while it comes in chunks: the engine is let go', async () => {
    world = await openFrontWorld({ handler: () => undefined, limits: { bodyBytes: 10 } });
    const outgoing = world.request('POST', chat);
    outgoing.write('hello');
    const engine = await world.engine.nextConnection();
    const answer = await answerTo(outgoing, 'hello!');
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body).error.code).toBe('payload_too_large');
    await until(() => engine.closed);
  });

  test('gets its answer even in the middle of a large upload', async () => {
    world = await openFrontWorld({ handler: echo });
    const outgoing = world.request('POST', '/invocations', { 'content-length': String(8 << 20) });
    const answer = await answerTo(outgoing, Buffer.alloc(8 << 20));
    expect(JSON.parse(answer.body).error.code).toBe('route_refused');
  });

  test('by HEAD has no content', async () => {
    world = await openFrontWorld({ handler: echo });
    const socket = world.dial();
    socket.write(`HEAD /v1/models HTTP/1.1\r\nHost: a\r\nx-api-key: ${key}\r\n\r\n`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 405 [^]*\r\nallow: GET\r\n\r\n$/);
  });

  test('because too many connections are open', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    world = await openFrontWorld({ handler: (_, response) => held.resolve(response), limits: { connections: 1 } });
    const first = world.fetch('GET', '/v1/models');
    const response = await held.promise;
    expect((await world.fetch('GET', '/v1/models')).status).toBe(429);
    response.end('done');
    expect((await first).body).toBe('done');
  });

  test('never for the sake of a connection that is held ready', async () => {
    world = await openFrontWorld({ handler: echo, limits: { connections: 1 } });
    const unused = world.dial();
    await until(() => world.front.stats.accepted === 1);
    expect((await world.fetch('GET', '/v1/models')).status).toBe(200);
    expect(await readAll(unused)).toBe('');
  });
});

describe('a second request behind the first', () => {
  const smuggledRequest = 'POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n';
  const keyFields = `Host: a\r\nx-api-key: ${key}\r\n`;
  const FIRST: Array<[string, string]> = [
    ['a request without a body', `GET /v1/models HTTP/1.1\r\n${keyFields}\r\n`],
    ['a request without a body, kept alive', `GET /v1/models HTTP/1.1\r\n${keyFields}Connection: keep-alive\r\n\r\n`],
    ['a body of known length', `POST ${chat} HTTP/1.1\r\n${keyFields}Content-Length: 5\r\n\r\nhello`],
    ['a length of zero', `POST ${chat} HTTP/1.1\r\n${keyFields}Content-Length: 0\r\n\r\n`],
    ['a POST of no length', `POST ${chat} HTTP/1.1\r\n${keyFields}\r\n`],
    ['chunks', `POST ${chat} HTTP/1.1\r\n${keyFields}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['chunks and trailers', `POST ${chat} HTTP/1.1\r\n${keyFields}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n`],
    ['a request of HTTP/1.0', `GET /v1/models HTTP/1.0\r\n${keyFields}Connection: keep-alive\r\n\r\n`],
  ];

  test.each(FIRST)('%s: not a byte of it reaches the engine', async (_name, first) => {
    for (const pieces of [[first + smuggledRequest + smuggledRequest], [first, smuggledRequest, smuggledRequest]]) {
      const received: Buffer[] = [];
      world = await openFrontWorld({ raw: (socket) => void socket.on('data', (piece) => received.push(piece)) });
      const [client, far] = duplexPair();
      const engine = world.engine.nextConnection();
      world.front.accept(far);
      for (const piece of pieces) await new Promise((resolve) => void client.write(piece, resolve));
      (await engine).end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      expect(await text(client)).toBe('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      const sent = Buffer.concat(received).toString();
      expect(sent).toMatch(/\r\nconnection: close\r\n\r\n(hello|5\r\nhello\r\n0\r\n\r\n|0\r\n\r\n|)$/);
      expect(sent.match(/HTTP\/1/g)).toHaveLength(1);
      await world[Symbol.asyncDispose]();
    }
  });

  test.each([
    ['CL.TE', `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggledRequest}`],
    ['TE.CL', `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${smuggledRequest}\r\n0\r\n\r\n`],
    ['TE.TE', `Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${smuggledRequest}`],
    ['CL.CL', `Content-Length: 0\r\nContent-Length: 44\r\n\r\n${smuggledRequest}`],
    ['a folded TE', `Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggledRequest}`],
    ['a TE behind a bare LF', `A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggledRequest}`],
    ['a length dropped by Connection', `Connection: content-length\r\nContent-Length: 44\r\n\r\n${smuggledRequest}`],
  ])('%s: not even the first does', async (_name, rest) => {
    world = await openFrontWorld({ handler: echo });
    const socket = world.dial();
    socket.write(`POST ${chat} HTTP/1.1\r\n${keyFields}${rest}`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(world.engine.connections).toEqual([]);
  });

  test('a chunk whose size is not clear: the engine never gets it whole', async () => {
    world = await openFrontWorld({ handler: echo });
    const socket = world.dial();
    socket.write(
      `POST ${chat} HTTP/1.1\r\n${keyFields}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n${smuggledRequest}`,
    );
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    await until(() => world.engine.connections.every((connection) => connection.closed));
    expect(world.seen.join()).not.toContain('invocations');
  });
});
