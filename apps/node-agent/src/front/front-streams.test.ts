import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { type FrontWorld, key, openFrontWorld, readAll } from '../testing/front-world.ts';

const chat = '/v1/chat/completions';
let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

/** An engine that begins an event stream and leaves the rest to the test. */
async function openSilent(): Promise<{ begun: Promise<ServerResponse> }> {
  const begun = Promise.withResolvers<ServerResponse>();
  world = await openFrontWorld({
    handler: (_, response) => {
      response.setHeader('content-type', 'text/event-stream; charset=utf-8').setHeader('cache-control', 'no-cache');
      response.flushHeaders();
      begun.resolve(response);
    },
    limits: { quietMs: 20 },
  });
  return { begun: begun.promise };
}

describe('an event stream', () => {
  test('tells proxies not to hold it back, and keeps the head it had', async () => {
    await openSilent();
    const outgoing = world.request('POST', chat);
    outgoing.end('{}');
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(incoming.headers).toMatchObject({
      'x-accel-buffering': 'no',
      'cache-control': 'no-cache',
      'content-type': 'text/event-stream; charset=utf-8',
      'transfer-encoding': 'chunked',
    });
    outgoing.destroy();
  });

  test('of a silent engine has comments between its events, and the events as they were', async () => {
    const { begun } = await openSilent();
    const outgoing = world.request('POST', chat);
    outgoing.end('{}');
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.setEncoding('utf8');
    const response = await begun;
    const [first] = await once(incoming, 'data');
    expect(first).toBe(': keep-alive\n\n');
    let got = '';
    incoming.on('data', (piece: string) => (got += piece));
    response.write('data: one\n\n');
    while (!got.includes('data: one\n\n: keep-alive\n\n')) await once(incoming, 'data');
    response.end('data: [DONE]\n\n');
    await once(incoming, 'end');
    expect(got.replaceAll(': keep-alive\n\n', '')).toBe('data: one\n\ndata: [DONE]\n\n');
  });

  test('to an HTTP/1.0 client, as nginx is one, has them without chunks', async () => {
    const { begun } = await openSilent();
    const socket = world.dial();
    socket.write(`POST ${chat} HTTP/1.0\r\nx-api-key: ${key}\r\n\r\n`);
    const all = readAll(socket);
    const response = await begun;
    await once(socket, 'data');
    await once(socket, 'data');
    response.end('data: [DONE]\n\n');
    expect(await all).toMatch(/x-accel-buffering: no\r\n\r\n(: keep-alive\n\n)+data: \[DONE\]\n\n$/);
  });
});

describe('a request that', () => {
  test('asks for an upgrade to h2c is served in HTTP/1.1', async () => {
    const headers: unknown[] = [];
    world = await openFrontWorld({
      handler: (incoming, response) => {
        headers.push(incoming.headers);
        incoming.resume().once('end', () => response.end('served'));
      },
    });
    const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABk' };
    const answer = await world.fetch('POST', chat, { headers: h2c, body: '{}' });
    expect(answer).toMatchObject({ status: 200, body: 'served' });
    expect(headers[0]).toMatchObject({ connection: 'close' });
    expect(headers[0]).not.toHaveProperty('upgrade');
    expect(headers[0]).not.toHaveProperty('http2-settings');
  });
});
