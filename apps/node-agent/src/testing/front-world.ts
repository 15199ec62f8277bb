// For the front's own tests: a front before a real engine socket, reached over real sockets.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  type ClientRequest,
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type RequestListener,
} from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findEngineKind } from '@fairlead/engines';
import { type Clock, defined, type LogFields, Scope, Secret, silentLog, systemClock } from '@fairlead/kit';
import type { EngineAddress } from '../engine/engine-address.ts';
import { type Front, type FrontOptions, openFront } from '../front/front.ts';
import type { FrontLimits } from '../front/front-limits.ts';
import type { RequestRecord } from '../front/request-record.ts';
import type { RequestTap } from '../front/request-tap.ts';

export const key = 'client-key';
export const testEngineKey = 'engine-key';

export interface FrontWorld extends AsyncDisposable {
  front: Front;
  /** The front's debug lines. */
  lines: LogFields[];
  /** Requests that the engine was given, as `METHOD target`. */
  seen: string[];
  /** What the engine's own parser found wrong with what it was given; an early end is not wrong. */
  parseErrors: string[];
  engine: EngineSocket;
  frontPath: string;
  /** A raw connection to the front. */
  dial(): Socket;
  /** A request that has the key; a connection of its own. */
  request(method: string, path: string, headers?: Record<string, string>): ClientRequest;
  /** Sends and reads everything. */
  fetch(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: string | Buffer },
  ): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface EngineSocket {
  path: string;
  /** Each connection that the engine accepts, in order. */
  connections: Socket[];
  /** Resolves with the next one. */
  nextConnection(): Promise<Socket>;
  /** Stops listening; connections stay. */
  close(): void;
}

/** `handler` answers HTTP; `raw` takes bare connections instead. */
export async function openFrontWorld(options: {
  handler?: RequestListener;
  raw?: (socket: Socket) => void;
  limits?: Partial<FrontLimits>;
  /** The front's; absent: the system's. */
  clock?: Clock;
  engineSocket?: () => string | undefined;
  metricsAddress?: EngineAddress;
  dashboard?: FrontOptions['dashboard'];
  onRecord?: (record: RequestRecord) => void;
  tap?: (() => RequestTap) | undefined;
  endToEnd?: FrontOptions['endToEnd'];
}): Promise<FrontWorld> {
  const scope = new Scope();
  const directory = await mkdtemp(join(tmpdir(), 'front-'));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  const seen: string[] = [];
  const onRequest: RequestListener = (incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    options.handler?.(incoming, response);
  };
  const engineServer = options.raw ? createServer(options.raw) : createHttpServer(onRequest);
  const parseErrors: string[] = [];
  engineServer.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code?.startsWith('HPE_') && error.code !== 'HPE_INVALID_EOF_STATE') parseErrors.push(error.code);
    socket.destroy();
  });
  const engine = await listenAsEngine(engineServer, join(directory, 'engine.sock'), scope);
  const lines: LogFields[] = [];
  const front = scope.use(
    openFront({
      engineAddress: () => addressOf(options.engineSocket ? options.engineSocket() : engine.path),
      routes: findEngineKind('vllm').routes,
      apiKey: new Secret(key),
      engineKey: new Secret(testEngineKey),
      clock: options.clock ?? systemClock,
      random: () => 0.5,
      log: { ...silentLog, debug: (fields) => void lines.push(fields) },
      ...defined({
        limits: options.limits,
        metricsAddress: options.metricsAddress,
        dashboard: options.dashboard,
        onRecord: options.onRecord,
        tap: options.tap,
        endToEnd: options.endToEnd,
      }),
    }),
  );
  front.admit('serving');
  const frontPath = join(directory, 'front.sock');
  const frontServer = createServer({ allowHalfOpen: true }, (socket) => front.accept(socket)).listen(frontPath);
  scope.defer(() => void frontServer.close());
  await once(frontServer, 'listening');
  const start = (method: string, path: string, headers: Record<string, string> = {}) =>
    request({
      socketPath: frontPath,
      method,
      path,
      headers: { authorization: `Bearer ${key}`, ...headers },
      agent: false,
    });
  return {
    front,
    lines,
    seen,
    parseErrors,
    engine,
    frontPath,
    dial: () => connect({ path: frontPath, allowHalfOpen: true }),
    request: start,
    fetch: (method, path, { headers, body } = {}) => answerTo(start(method, path, headers), body),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function addressOf(path: string | undefined): EngineAddress | undefined {
  return path === undefined ? undefined : { path };
}

/** Ends the request with `body` and reads the whole answer; rejects when it is cut. */
export async function answerTo(outgoing: ClientRequest, body?: string | Buffer): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', resolve);
  outgoing.on('error', reject);
  outgoing.end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** Everything that arrives on a raw connection until it ends or closes. */
export async function readAll(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  if (!socket.closed && !socket.readableEnded) await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return Buffer.concat(pieces).toString('latin1');
}

/** Resolves when `check` holds; asked again at each turn of the event loop. */
export async function until(check: () => boolean, limitMs = 10_000): Promise<void> {
  const startedAt = performance.now();
  while (!check()) {
    if (performance.now() - startedAt > limitMs) throw new Error(`still not so: ${check.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function listenAsEngine(server: Server, path: string, scope: Scope): Promise<EngineSocket> {
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    connections.push(socket);
    // A front that leaves may reset the connection; that is what the tests are about.
    socket.on('error', () => undefined);
  });
  server.listen(path);
  await once(server, 'listening');
  scope.defer(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  return {
    path,
    connections,
    nextConnection: async () => ((await once(server, 'connection')) as [Socket])[0],
    close: () => void server.close(),
  };
}
