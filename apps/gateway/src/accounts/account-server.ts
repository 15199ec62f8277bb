// What members ask of their accounts, apart from the data path, which hands over the connections whose request is for one of these
// routes. Each has one request, small and rare.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { detach, errorText, type Log } from '@fairlead/kit';

import { type AccountReply, type AccountRoutesDeps, answerAccountCall, tooLargeReply } from './account-routes.ts';

export interface AccountServerDeps extends AccountRoutesDeps {
  log: Log;
}

export interface AccountServer extends Disposable {
  /** Takes ownership of the connection. `bytes`: what has come of it, from the head of the request on. `source`: the client's address. */
  take(client: Duplex, bytes: Buffer, source: string): void;
}

const idleMs = 10_000;
const maxBodyBytes = 16 * 1024;

/** Opens no socket. Disposing cuts what is open. */
export function openAccountServer(deps: AccountServerDeps): AccountServer {
  const sources = new WeakMap<object, string>();
  const server = createServer({ maxHeaderSize: 64 * 1024, keepAlive: false }, (request, response) =>
    detach(answer(deps, sources.get(request.socket) ?? 'unknown', { request, response })),
  );
  server.maxRequestsPerSocket = 1;
  server.timeout = idleMs;
  return {
    take(client, bytes, source) {
      sources.set(client, source);
      handOver(server, client, bytes);
    },
    [Symbol.dispose]: () => server.closeAllConnections(),
  };
}

/** The server reads what has come before it reads on. */
function handOver(server: Server, client: Duplex, bytes: Buffer): void {
  client.pause();
  client.unshift(bytes);
  server.emit('connection', client);
  client.resume();
}

async function answer(
  deps: AccountServerDeps,
  source: string,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const { method = '' } = request;
  const [path = ''] = (request.url ?? '').split('?', 1);
  try {
    const body = await readBody(request);
    const call = { method, path, credential: credentialOf(request), source };
    send(response, body === undefined ? tooLargeReply(maxBodyBytes) : answerAccountCall({ ...call, body }, deps));
  } catch (error) {
    // The client has left.
    deps.log.debug({ op: 'gateway.account', ok: false, path, error: errorText(error) });
    response.destroy();
  }
}

/** Undefined where it is too large. Throws where the client leaves. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBodyBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Two that differ were refused where the head was read. */
function credentialOf({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1];
  const { 'x-api-key': apiKey } = headers;
  return bearer ?? (typeof apiKey === 'string' ? apiKey : undefined);
}

function send(response: ServerResponse, { status, body, retryAfterSeconds }: AccountReply): void {
  const fields = {
    'content-type': 'application/json',
    // It may hold a key.
    'cache-control': 'no-store',
    connection: 'close',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  };
  response.writeHead(status, fields).end(body);
}
