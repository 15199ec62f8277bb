// A port of this machine at which a page of the deployment answers, for programs and browsers that know the token.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Fetch } from '@fairlead/client';
import { CodedError, detach, errnoOf, errorText, type Secret } from '@fairlead/kit';
import { decidePageRequest } from './decide-page-request.ts';

export interface PagePortOptions {
  /** Of the connection to the deployment. */
  fetch: Fetch;
  /** Where the page begins at the deployment. */
  prefix: string;
  token: Secret;
  /** 0: any. */
  port: number;
}

/** Rejects with `port_taken`. Disposing closes the port and all connections at it. */
export async function openPagePort({ port, ...deps }: PagePortOptions): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((request, response) => detach(serve(request, response, deps)));
  server.listen({ host: '127.0.0.1', port });
  try {
    await once(server, 'listening');
  } catch (error) {
    if (errnoOf(error) !== 'EADDRINUSE') throw error;
    throw new CodedError('port_taken', `cannot listen at 127.0.0.1:${port} because another program does`, {
      hint: 'Leave --port out, or name another one.',
      cause: error,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type PageDeps = Omit<PagePortOptions, 'port'>;

async function serve(request: IncomingMessage, response: ServerResponse, deps: PageDeps): Promise<void> {
  const { url = '/', headers } = request;
  const decision = decidePageRequest({ url, headers }, request.socket.localPort ?? 0, deps.token);
  switch (decision.kind) {
    case 'refuse':
      return void response.writeHead(403, { 'content-type': 'text/plain' }).end(`${decision.why}\n`);
    case 'welcome':
      return void response.writeHead(303, { location: decision.path, 'set-cookie': decision.cookie }).end();
    case 'pass':
      return pass(request, response, { ...deps, path: decision.path });
  }
}

/** Fields that are of this hop, or would tell the page of this machine. */
const dropped = new Set(['host', 'cookie', 'authorization', 'connection', 'upgrade', 'expect', 'referer', 'origin']);

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { fetch, prefix, path }: PageDeps & { path: string },
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client is gone')));
  try {
    const answer = await fetch(`${prefix}${path}`, {
      method: request.method ?? 'GET',
      headers: fieldsOf(request),
      ...(hasBody(request) ? { body: Readable.toWeb(request) as ReadableStream } : {}),
      signal: gone.signal,
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body) await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response);
    else response.end();
  } catch (error) {
    if (response.headersSent || gone.signal.aborted) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(`${errorText(error)}\n`);
  }
}

function fieldsOf({ headers }: IncomingMessage): Array<[string, string]> {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || dropped.has(name) ? [] : [[name, String(value)] as [string, string]],
  );
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
