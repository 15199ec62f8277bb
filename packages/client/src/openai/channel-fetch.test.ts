// fetch over a path of our own against a real HTTP server: what goes up, what comes down, what an abort does.

import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { text as readAll } from 'node:stream/consumers';

import { Secret } from '@fairlead/kit';
import { describe, expect, test } from 'vitest';

import { createChannelFetch } from './channel-fetch.ts';
import { type HttpPaths, openHttpPaths } from '../testing/http-paths.ts';

const originPattern = 'http://a.fairlead.invalid';

async function open(listener: RequestListener): Promise<HttpPaths & { fetch: typeof fetch }> {
  const there = await openHttpPaths(listener);
  return Object.assign(there, { fetch: createChannelFetch({ ...there.deps, origins: [originPattern] }) });
}

/** Answers with what it was sent. */
const echo: RequestListener = (request, response) => {
  readAll(request).then(
    (body) => {
      const { method, url, headers } = request;
      response.setHeader('x-seen', 'yes').end(JSON.stringify({ method, url, headers, body }));
    },
    () => response.destroy(),
  );
};

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

describe('fetch over a channel', () => {
  test('sends method, path, query, headers and a body with its length; the key is added', async () => {
    await using there = await open(echo);
    const answer = await there.fetch('/v1/x?a=b', {
      method: 'POST',
      body: 'ü',
      headers: { 'x-one': '1', accept: 'y' },
    });
    expect(answer.status).toBe(200);
    expect(answer.url).toBe(`${originPattern}/v1/x?a=b`);
    expect(answer.headers.get('x-seen')).toBe('yes');
    const seen = (await answer.json()) as Echo;
    expect(seen).toMatchObject({ method: 'POST', url: '/v1/x?a=b', body: 'ü' });
    expect(seen.headers).toMatchObject({
      host: 'a',
      'x-one': '1',
      'content-length': '2',
      authorization: 'Bearer key-1',
      connection: 'close',
    });
  });

  test.each<[string, RequestInit, string]>([
    ['form fields', { body: new URLSearchParams({ a: '1' }) }, 'a=1'],
    ['bytes', { body: new TextEncoder().encode('bytes') }, 'bytes'],
    ['a blob', { body: new Blob(['blob']) }, 'blob'],
    ['a stream', { body: new Blob(['stream']).stream() }, 'stream'],
  ])('takes %s as a body', async (_name, init, body) => {
    await using there = await open(echo);
    const answer = await there.fetch(`${originPattern}/x`, { method: 'POST', ...init });
    expect(((await answer.json()) as Echo).body).toBe(body);
  });

  test('takes a Request and a URL', async () => {
    await using there = await open(echo);
    const request = new Request(`${originPattern}/r`, { method: 'POST', body: 'r', headers: { 'x-r': '1' } });
    expect(await (await there.fetch(request)).json()).toMatchObject({ url: '/r', body: 'r', headers: { 'x-r': '1' } });
    expect(await (await there.fetch(new URL(`${originPattern}/u`))).json()).toMatchObject({ method: 'GET', url: '/u' });
  });

  test('uploads and answers at the same time', async () => {
    await using there = await open((request, response) => request.pipe(response));
    const up = new TransformStream<Uint8Array, Uint8Array>();
    const writer = up.writable.getWriter();
    const answering = there.fetch('/x', { method: 'POST', body: up.readable });
    await writer.write(Buffer.from('one'));
    const reader = (await answering).body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('one');
    await writer.write(Buffer.from('two'));
    expect((await reader.read()).value).toBe('two');
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });

  test('does not read a large answer ahead of its reader', async () => {
    const size = 32 * 1024 * 1024;
    await using there = await open((_request, response) => response.end(Buffer.alloc(size)));
    const answer = await there.fetch('/x');
    const reader = answer.body!.getReader();
    await reader.read();
    expect(there.channels[0]!.bytesRead).toBeLessThan(size / 4);
    let got = 0;
    reader.releaseLock();
    for await (const chunk of answer.body!) got += chunk.length;
    expect(got).toBeGreaterThan(size - 1_000_000);
  });

  test('gives no body with 204, and other status as they are', async () => {
    await using there = await open((request, response) => {
      response.statusCode = request.url === '/none' ? 204 : 307;
      response.setHeader('location', '/elsewhere').end();
    });
    expect((await there.fetch('/none')).body).toBeNull();
    expect((await there.fetch('/moved')).status).toBe(307);
  });

  test('goes to no other host', async () => {
    await using there = await open(echo);
    await expect(there.fetch('https://example.org/x')).rejects.toMatchObject({ code: 'url_refused' });
    expect(there.channels).toEqual([]);
  });
});

describe('an aborted fetch', () => {
  /** Begins an answer and never ends it. */
  async function openEndless() {
    const { promise: asked, resolve } = Promise.withResolvers<IncomingMessage>();
    const there = await open((request, response) => {
      resolve(request);
      if (request.url === '/slow') response.write('begun');
    });
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    asked.then((request) => request.socket.once('close', () => leave()), leave);
    return Object.assign(there, { asked, left });
  }

  test('closes the channel while it waits for the answer', async () => {
    await using there = await openEndless();
    const stop = new AbortController();
    const answering = there.fetch('/silent', { signal: stop.signal });
    await there.asked;
    stop.abort();
    await expect(answering).rejects.toMatchObject({ name: 'AbortError' });
    await there.left;
  });

  test('closes the channel in the middle of the answer', async () => {
    await using there = await openEndless();
    const stop = new AbortController();
    const answer = await there.fetch('/slow', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(answer.text()).rejects.toThrow('enough');
    await there.left;
  });

  test('closes the channel when the body is cancelled', async () => {
    await using there = await openEndless();
    const answer = await there.fetch('/slow');
    await answer.body!.cancel();
    await there.left;
  });

  test('is not begun when its signal has fired', async () => {
    await using there = await open(echo);
    await expect(there.fetch('/x', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(there.channels).toEqual([]);
  });
});

describe('a path that breaks', () => {
  test('cuts an answer with an error, never with a short body', async () => {
    await using there = await open((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('short', () => response.destroy());
    });
    const answer = await there.fetch('/x');
    await expect(answer.text()).rejects.toMatchObject({ code: 'answer_cut', retryable: true });
  });

  test('says so when no answer had begun', async () => {
    await using there = await open((request) => request.socket.destroy());
    await expect(there.fetch('/x')).rejects.toMatchObject({ code: 'answer_cut' });
  });

  test('is left when the next generation is up; the next request has its key', async () => {
    await using there = await open((request, response) => {
      if (request.url === '/slow') response.write('begun');
      else echo(request, response);
    });
    const key = there.keys.give(new Secret('key-1'));
    const answer = await there.fetch('/slow');
    there.setEndpoint({ generation: 2, apiKey: new Secret('key-2') });
    await expect(answer.text()).rejects.toThrow(/generation 2/);
    const next = await there.fetch('/x', { headers: { authorization: `Bearer ${key}` } });
    expect(((await next.json()) as Echo).headers['authorization']).toBe('Bearer key-2');
    const foreign = await there.fetch('/x', { headers: { authorization: 'Bearer other' } });
    expect(((await foreign.json()) as Echo).headers['authorization']).toBe('Bearer other');
  });

  test('tells a program that closed its connection that it did', async () => {
    const there = await open((_request, response) => response.write('begun'));
    const answer = await there.fetch('/slow');
    await there[Symbol.asyncDispose]();
    await expect(answer.text()).rejects.toMatchObject({ code: 'connection_closed' });
    await expect(there.fetch('/x')).rejects.toMatchObject({ code: 'connection_closed' });
  });

  test('without a reader ends no process', async () => {
    await using there = await open((_request, response) => response.write('begun', () => response.destroy()));
    await there.fetch('/x');
    await once(there.channels[0]!, 'close');
  });
});
