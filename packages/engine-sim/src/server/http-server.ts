// The HTTP server: checks the key, picks the handler of a route, counts. Bodies come from wire/.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Secret } from '@fairlead/kit';
import type { Metrics } from '../engine/metrics.ts';
import type { AccessEntry } from '../log/access-line.ts';
import { methodNotAllowed, notFound, unauthorized } from '../wire/api-error.ts';
import { modelList, type ListedModel } from '../wire/model-list.ts';
import {
  adminRoutes,
  decodePath,
  isGuarded,
  matchRoute,
  type Offer,
  type ServedRoute,
  routesOf,
} from '../wire/routes.ts';
import { vllmVersion } from '../vllm-version.ts';
import type { Adapters } from './adapters.ts';
import { type AdminDeps, answerAdmin } from './admin.ts';
import { answerQuery, answerStoredResponse } from './answer-query.ts';
import { generate, type GenerateDeps, respondError } from './generate.ts';
import { answerPooling } from './pooling.ts';
import { type Exchange, respondEmpty, respondJson, respondText } from './respond.ts';
import { transcribe } from './transcribe.ts';

export interface HttpServerDeps {
  generate: GenerateDeps;
  model: ListedModel;
  adapters: Adapters;
  offer: Offer;
  metrics: Metrics;
  apiKeys: readonly Secret[];
  admin: AdminDeps | undefined;
  loadTracking: boolean;
  requestIds: boolean;
  onAccess(entry: AccessEntry): void;
}

export interface HttpServer {
  readonly http: Server;
  readonly connections: number;
  /** Stops listening and closes idle connections. Resolves when the other connections have ended by themselves. */
  close(): Promise<void>;
}

/** Creates the server, which does not listen yet. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  let connections = 0;
  let closing = false;
  const load = { inFlight: 0 };
  const routes = [...routesOf(deps.offer), ...(deps.admin ? adminRoutes : [])];
  // uvicorn closes an idle connection after 5.0 s and has no other limit.
  const timeouts = { keepAliveTimeout: 5000, keepAliveTimeoutBuffer: 0, requestTimeout: 0, headersTimeout: 0 };
  const http = createServer({ ...timeouts, maxHeaderSize: 65_536, requireHostHeader: false }, (request, response) => {
    // A server that ends keeps no connection alive: it closes each after its answer.
    response.on('close', () => closing && http.closeIdleConnections());
    answer({ request, response, routes }, deps, load);
  });
  http.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => {
      connections -= 1;
    });
  });
  http.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end(badHead);
    else socket.destroy();
  });
  return {
    http,
    get connections() {
      return connections;
    },
    async close() {
      closing = true;
      if (!http.listening && connections === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      http.close(() => resolve());
      http.closeIdleConnections();
      await promise;
    },
  };
}

const badHead =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\nInvalid HTTP request received.';

interface Arrival {
  request: IncomingMessage;
  response: ServerResponse;
  routes: readonly ServedRoute[];
}

function answer({ request, response, routes }: Arrival, deps: HttpServerDeps, load: { inFlight: number }): void {
  const { method = 'GET', url = '/' } = request;
  const path = decodePath(url);
  const match = matchRoute(routes, method, path);
  const exchange: Exchange = {
    request,
    response,
    requestId: deps.requestIds ? requestId(request, deps.generate.createId) : undefined,
    onStatus: (status) => {
      deps.metrics.httpAnswered(match.kind === 'route' ? match.route.path : 'none', method, status);
      deps.onAccess({ client: clientOf(request), method, target: url, httpVersion: request.httpVersion, status });
    },
  };
  response.on('error', () => response.destroy());
  if (isGuarded(method, path) && !mayEnter(request, deps.apiKeys)) return respondError(exchange, unauthorized);
  if (match.kind === 'not-found') return respondError(exchange, notFound);
  if (match.kind === 'method-not-allowed') return respondError(exchange, methodNotAllowed, ['allow', match.allow]);
  if (isCounted(match.route)) countWhileOpen(response, load);
  answerRoute(match.route, exchange, deps, load);
}

function answerRoute(route: ServedRoute, exchange: Exchange, deps: HttpServerDeps, load: { inFlight: number }): void {
  const { engine, createId } = deps.generate;
  switch (route.name) {
    case 'health':
      return respondEmpty(exchange, engine.dead ? 503 : 200);
    case 'version':
      return respondJson(exchange, 200, { version: vllmVersion });
    case 'kv-event-sources':
      return respondJson(exchange, 200, {});
    case 'load':
      return respondJson(exchange, 200, { server_load: deps.loadTracking ? load.inFlight : 0 });
    case 'models':
      return respondJson(
        exchange,
        200,
        modelList(deps.model, deps.adapters.all, { created: Math.floor(Date.now() / 1000), createId }),
      );
    case 'metrics':
      return finishing(exchange, answerMetrics(exchange, deps.metrics));
    case 'chat':
    case 'completion':
    case 'responses':
    case 'messages':
      return finishing(exchange, generate(route.name, exchange, deps.generate));
    case 'invocations':
      if (deps.offer.generate) return finishing(exchange, generate(route.name, exchange, deps.generate));
      return finishing(exchange, answerPooling(route.name, exchange, deps));
    case 'embeddings':
    case 'cohere-embed':
    case 'pooling':
    case 'classify':
    case 'score':
    case 'rerank':
      return finishing(exchange, answerPooling(route.name, exchange, deps));
    case 'transcription':
    case 'translation':
      return finishing(exchange, transcribe(route.name, exchange, deps.generate));
    case 'response':
      return answerStoredResponse(exchange, decodePath(exchange.request.url ?? '/'));
    case 'tokenize':
    case 'detokenize':
    case 'count-tokens':
    case 'load-adapter':
    case 'unload-adapter':
      return finishing(exchange, answerQuery(route.name, exchange, deps));
    case 'sim-fault':
    case 'sim-stats':
      if (deps.admin) finishing(exchange, answerAdmin(route.name, exchange, deps.admin));
      return;
  }
}

const countedRoutes: ReadonlySet<string> = new Set([
  'chat',
  'completion',
  'responses',
  'messages',
  'invocations',
  'embeddings',
  'cohere-embed',
  'pooling',
  'classify',
  'score',
  'rerank',
  'transcription',
  'translation',
]);

/** What `/load` counts. */
function isCounted({ name }: ServedRoute): boolean {
  return countedRoutes.has(name);
}

function countWhileOpen(response: ServerResponse, load: { inFlight: number }): void {
  load.inFlight += 1;
  response.on('close', () => {
    load.inFlight -= 1;
  });
}

async function answerMetrics(exchange: Exchange, metrics: Metrics): Promise<void> {
  const text = await metrics.render();
  const length = String(Buffer.byteLength(text));
  respondText(exchange, 200, text, ['content-length', length, 'content-type', metrics.contentType]);
}

/** A failing handler is our own defect. Destroys the connection, as vLLM does after a Python traceback. */
function finishing({ response }: Exchange, handler: Promise<void>): void {
  handler.catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
}

function mayEnter(request: IncomingMessage, keys: readonly Secret[]): boolean {
  if (keys.length === 0) return true;
  const [scheme = '', presented = ''] = (request.headers.authorization ?? '').split(' ', 2);
  return scheme.toLowerCase() === 'bearer' && keys.some((key) => key.matches(presented));
}

function clientOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress === undefined ? '' : `${socket.remoteAddress}:${socket.remotePort}`;
}

function requestId(request: IncomingMessage, createId: () => string): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' ? given : createId() + createId();
}
