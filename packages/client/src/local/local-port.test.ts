// The local port over real sockets: what passes, what is answered here, and what is said when there is no way.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text as readAll } from 'node:stream/consumers';

import { CodedError, Scope, silentLog } from '@fairlead/kit';
import type { ReachableEndpoint } from '@fairlead/protocol';
import { afterEach, describe, expect, test } from 'vitest';

import type { Path } from '../paths/live-paths.ts';
import { parseBind } from './local-address.ts';
import { type LocalPort, type LocalPortOptions, openLocalPort } from './local-port.ts';

const testedPage = 'http://localhost:3000';
let scope = new Scope();
afterEach(async () => {
  await scope[Symbol.asyncDispose]();
  scope = new Scope();
});

/** A local port before an HTTP server, each path a TCP connection to it. */
async function open(listener: RequestListener, options: Partial<LocalPortOptions> = {}): Promise<LocalPort> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return scope.use(
    await openLocalPort({
      port: 0,
      log: silentLog,
      open: async (): Promise<Path> => ({
        endpoint: {} as ReachableEndpoint,
        channel: connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }),
      }),
      ...options,
    }),
  );
}

const echo: RequestListener = (request, response) => {
  readAll(request).then(
    (body) => response.end(`${request.method} ${request.url} ${body}`),
    () => response.destroy(),
  );
};

/** Sends the bytes in pieces, a turn of the loop apart, and reads to the end. */
async function exchange({ port }: LocalPort, ...pieces: string[]): Promise<string> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  const answer = readAll(socket);
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const got = await answer;
  socket.destroy();
  return got;
}

describe('a request at the local port', () => {
  test('passes byte for byte, however it is split', async () => {
    const local = await open(echo);
    const request = `POST /v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`;
    expect(await exchange(local, request)).toMatch(/POST \/v1\/x hello$/);
    expect(await exchange(local, ...request.split(''))).toMatch(/POST \/v1\/x hello$/);
  });

  test('of h2c, as a JDK makes it, is answered in HTTP/1.1', async () => {
    const local = await open(echo);
    const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n';
    const request = `POST /v1/x HTTP/1.1\r\nHost: a\r\n${h2c}Content-Length: 5\r\n\r\nhello`;
    const socket = connectTcp({ port: local.port, host: '127.0.0.1' });
    socket.write(request);
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 OK/);
    socket.destroy();
  });

  test('holds no path until it begins', async () => {
    let opened = 0;
    const local = await open(echo, {
      open: async () => {
        opened += 1;
        throw new Error('not in this test');
      },
    });
    const idle = connectTcp({ port: local.port, host: '127.0.0.1' });
    await once(idle, 'connect');
    expect(await exchange(local, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK/);
    expect(opened).toBe(0);
    idle.destroy();
  });
});

describe('where there is no way to the node, the local port', () => {
  const down: Partial<LocalPortOptions> = {
    open: async () => {
      throw new CodedError('endpoint_not_ready', 'cannot reach a because it has no endpoint now', { hint: 'Wait.' });
    },
  };

  test.each(['GET /v1/models', 'POST /v1/chat/completions'])(
    'answers %s with 503 in the OpenAI shape',
    async (line) => {
      const local = await open(echo, down);
      const answer = await exchange(local, `${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`);
      expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      expect(answer).toMatch(/\r\nretry-after: \d+\r\n/);
      expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual({
        error: {
          message: 'cannot reach a because it has no endpoint now. Wait.',
          type: 'server_error',
          param: null,
          code: 'endpoint_not_ready',
        },
      });
    },
  );

  test('still answers `/`, and says to a web page what it may read', async () => {
    const local = await open(echo, { ...down, allowedOrigins: [testedPage] });
    expect(await exchange(local, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK/);
    const answer = await exchange(local, `GET /v1/models HTTP/1.1\r\nHost: a\r\nOrigin: ${testedPage}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\naccess-control-allow-origin: http:\/\/localhost:3000\r\n/);
    expect(await exchange(local, 'HEAD /v1/models HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/\r\n\r\n$/);
  });
});

describe('a web page', () => {
  const vllm: RequestListener = (request, response) => {
    // vLLM's own answer to every origin.
    response.setHeader('Access-Control-Allow-Origin', '*').setHeader('access-control-allow-credentials', 'true');
    echo(request, response);
  };
  const ask = (origin: string) =>
    `POST /v1/x HTTP/1.1\r\nHost: a\r\nOrigin: ${origin}\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`;

  test('whose origin is named may read the answer, and finds one origin in it', async () => {
    const local = await open(vllm, { allowedOrigins: [testedPage] });
    for (const pieces of [[ask(testedPage)], ask(testedPage).split('')]) {
      const answer = await exchange(local, ...pieces);
      expect(answer).toMatch(/POST \/v1\/x hello$/);
      expect(answer.match(/access-control-allow-origin: .*/gi)).toEqual([`access-control-allow-origin: ${testedPage}`]);
      expect(answer).not.toMatch(/credentials/i);
    }
  });

  test('is told to go on, and reads the answer behind that', async () => {
    const local = await open(vllm, { allowedOrigins: [testedPage] });
    const head = ask(testedPage).replace('Content-Length', 'Expect: 100-continue\r\nContent-Length');
    const answer = await exchange(local, head);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(answer.match(/access-control-allow-origin/gi)).toHaveLength(1);
  });

  test('that is cut sees a cut, and one that leaves is gone at the node', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const local = await open(
      (request, response) => {
        response.once('close', leave);
        if (request.url === '/v1/cut') response.write('begun', () => response.destroy());
        else response.write('begun');
      },
      { allowedOrigins: [testedPage] },
    );
    const page = (path: string): Socket => {
      const socket = connectTcp({ port: local.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nOrigin: ${testedPage}\r\n\r\n`);
      return socket;
    };
    const cut = page('/v1/cut').resume();
    await once(cut, 'close');
    await left;
    const leaving = page('/v1/endless');
    await once(leaving, 'data');
    leaving.destroy();
    await scope[Symbol.asyncDispose]();
  });
});

describe('the address of the local port', () => {
  const [outer] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal);

  test('is loopback, unless another is asked for', async (context) => {
    const local = await open(echo);
    expect(local.url).toBe(`http://127.0.0.1:${local.port}`);
    if (!outer) return context.skip('this machine has no address but loopback');
    const refused = connectTcp({ port: local.port, host: outer.address });
    expect(await once(refused, 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
    const bound = await open(echo, { address: outer.address });
    expect(bound.url).toBe(`http://${outer.address}:${bound.port}`);
    const answer = await fetch(`${bound.url}/v1/x`, { method: 'POST', body: 'hello' });
    expect(await answer.text()).toBe('POST /v1/x hello');
  });

  test('that stands for all is told by one that answers', async () => {
    const local = await open(echo, { address: '0.0.0.0' });
    expect(local.url).toBe(`http://127.0.0.1:${local.port}`);
    expect((await fetch(`${local.url}/`)).status).toBe(200);
  });

  test('is refused where this machine does not have it, or it is none', async () => {
    await expect(open(echo, { address: '192.0.2.1' })).rejects.toMatchObject({ code: 'bind_invalid' });
    for (const given of ['docker0', 'example.org', '1.2.3', ''])
      expect(() => parseBind(given), given).toThrow(expect.objectContaining({ code: 'bind_invalid' }));
    expect([parseBind(undefined), parseBind('localhost'), parseBind('[::1]')]).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      '::1',
    ]);
  });

  test('and port that are taken are named', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    scope.defer(() => void other.close());
    const { port } = other.address() as { port: number };
    await expect(open(echo, { port })).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });
});
