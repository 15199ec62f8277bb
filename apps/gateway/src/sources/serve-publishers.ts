// The socket at which publishers connect: every account of the host may, and shows a token.

import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { type Clock, errorText, Guard, type Log, repeatEvery, Scope, Secret } from '@fairlead/kit';
import { decodeText, encodeText, gatewayMessage, publisherMessage } from '@fairlead/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

import type { PublisherDesk } from './publisher-desk.ts';
import type { PublisherRecord } from './source-records.ts';

export interface ServePublishersDeps {
  /** A path. A socket that lies there and answers is left. */
  socket: string;
  /** Of this process: publishers give it access to their sockets. */
  account: { uid: number; gid: number };
  desk: PublisherDesk;
  /** Brings the desk up to date: a publisher may have been added a moment ago. */
  look: () => void;
  clock: Clock;
  log: Log;
}

const maxFrameBytes = 1024 * 1024;
const maxConnections = 1_000;
/** Without a token yet. The oldest gives way: another account of the host cannot shut out publishers. */
const maxUnproven = 200;
/** A link that has not answered for two of them is over. */
const pingMs = 10_000;

/** Resolves when it listens. Throws what listening throws. Disposal closes the links; what was offered stays in the desk. */
export async function servePublishers(deps: ServePublishersDeps): Promise<AsyncDisposable> {
  const scope = new Scope();
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
  const server = createServer((_request, response) =>
    response.writeHead(404, { 'content-type': 'text/plain', connection: 'close' }).end('Publishers connect here.\n'),
  );
  server.maxConnections = maxConnections;
  const unproven = new Set<Duplex>();
  server.on('connection', (socket) => {
    unproven.add(socket);
    socket.once('close', () => unproven.delete(socket));
    if (unproven.size > maxUnproven) unproven.values().next().value?.destroy();
  });
  const guard = new Guard(deps.log);
  const onUpgrade = guard.handler('publisher.upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const publisher = publisherOf(deps, request);
    if (!publisher) return void socket.end(refusal);
    unproven.delete(socket);
    webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      guard.run('publisher.open', () => openLink(deps, publisher, { webSocket, guard })),
    );
  });
  server.on('upgrade', onUpgrade);
  scope.defer(() => {
    server.close();
    server.closeAllConnections();
    for (const client of webSockets.clients) client.terminate();
  });
  try {
    // Exclusive: a process that takes over makes a socket of its own.
    server.listen({ path: deps.socket, exclusive: true });
    await once(server, 'listening');
    // Who connects shows a token.
    chmodSync(deps.socket, 0o666);
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
  scope.defer(() => rmSync(deps.socket, { force: true }));
  scope.use(keepLinks(webSockets, deps, guard));
  return scope;
}

const refusal =
  'HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\nThe token of the publisher is not known here.\n';

function publisherOf(
  { desk, look }: Pick<ServePublishersDeps, 'desk' | 'look'>,
  { url, headers }: IncomingMessage,
): PublisherRecord | undefined {
  const token = /^Bearer +([\x21-\x7e]{8,512})$/i.exec(headers.authorization ?? '')?.[1];
  if (url !== '/v1/publish' || token === undefined) return undefined;
  const known = desk.identify(new Secret(token));
  if (known) return known;
  look();
  return desk.identify(new Secret(token));
}

function openLink(
  { desk, account, log }: ServePublishersDeps,
  publisher: PublisherRecord,
  { webSocket, guard }: { webSocket: WebSocket; guard: Guard },
): void {
  const { name } = publisher;
  const send = (message: Parameters<typeof encodeText<typeof gatewayMessage>>[1]) =>
    webSocket.send(encodeText(gatewayMessage, message));
  const link = desk.open(publisher, { send, close: (why) => webSocket.close(1008, why) });
  webSocket.on('error', (error) => log.debug({ op: 'publisher.link', ok: false, error: errorText(error) }));
  webSocket.on('close', () => link.end());
  webSocket.on(
    'message',
    guard.handler('publisher.message', (data: Buffer, isBinary: boolean) => {
      const decoded = isBinary ? undefined : decodeText(publisherMessage, String(data));
      if (decoded?.ok) return link.take(decoded.value);
      const why = decoded ? `${decoded.path} ${decoded.message}`.trim() : 'it is binary';
      log.warn({ op: 'publisher.message', ok: false, publisher: name, why });
      webSocket.close(1008, `cannot read a message: ${why}`.slice(0, 120));
    }),
  );
  send({ type: 'publisher.welcome', publisher: name, account });
}

function keepLinks(webSockets: WebSocketServer, { desk, clock }: ServePublishersDeps, guard: Guard): AsyncDisposable {
  const silent = new WeakMap<WebSocket, number>();
  const stop = new AbortController();
  const turn = () => {
    for (const client of webSockets.clients) {
      const missed = silent.get(client) ?? 0;
      if (missed >= 2) client.terminate();
      silent.set(client, missed + 1);
      client.once('pong', () => silent.delete(client));
      client.ping();
    }
    desk.sweep();
  };
  const running = repeatEvery(pingMs, turn, { op: 'publisher.keep', clock, guard, signal: stop.signal });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the gateway was stopped'));
      await running;
    },
  };
}
