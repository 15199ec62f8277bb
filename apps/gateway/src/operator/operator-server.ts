// What the operator asks of a gateway that serves, apart from the data path: its state on a socket that the account alone can open, and
// metrics and health on a port of the loopback for those who watch it.

import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { detach, errorText, type Log, Scope } from '@fairlead/kit';

import { readSettled, type SettledElsewhere } from '../hand-over/settled-elsewhere.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GatewayStatus } from './gateway-status.ts';

/** What other processes of the same account ask of this one. */
export interface OperatorOrders {
  /** Takes no more connections, and lets another process serve. */
  handOver(): Promise<void>;
  /** Resolves when another process has taken over; rejects with why not. */
  restart(): Promise<void>;
  /** A process that drains has settled this. */
  noteSettled(settled: readonly SettledElsewhere[]): void;
}

export interface WatchPortDeps {
  /** 0: any. */
  port: number;
  /** Undefined while the gateway is being opened. */
  status: () => GatewayStatus | undefined;
  metrics: Pick<GatewayMetrics, 'render'>;
  log: Log;
}

export interface OperatorServerDeps {
  stateDir: string;
  status: () => GatewayStatus;
  orders: OperatorOrders;
  /** Of the wall. */
  now: () => number;
  log: Log;
}

export interface OperatorServer extends AsyncDisposable {
  /** Another process may listen in its place; answers that are under way are given. */
  stopListening(): void;
}

export interface WatchPort extends OperatorServer {
  readonly port: number;
}

export function operatorSocket(stateDir: string): string {
  return join(stateDir, 'operator.sock');
}

/** The caller has the claim of the directory: a socket that lies there is dead. Throws what listening throws. */
export async function openOperatorServer(deps: OperatorServerDeps): Promise<OperatorServer> {
  const path = operatorSocket(deps.stateDir);
  rmSync(path, { force: true });
  const server = createServer((request, response) => {
    if (request.method === 'POST') return detach(takeOrder(deps, request, response));
    if (request.url !== '/status') return send(response, 404, 'text/plain', 'There is /status.\n');
    send(response, 200, 'application/json', JSON.stringify(deps.status()));
  });
  // Exclusive: its successor has a socket of its own, at the same path.
  const opened = await openServer(server, { path, exclusive: true });
  chmodSync(path, 0o600);
  return opened;
}

/** For those who watch the gateway. A process that takes over from another opens it while the other has it open. Throws what listening throws. */
export async function openWatchPort(deps: WatchPortDeps): Promise<WatchPort> {
  const server = createServer((request, response) => answer(deps, request.url, response));
  const opened = await openServer(server, { host: '127.0.0.1', port: deps.port });
  return { ...opened, port: (server.address() as { port: number }).port };
}

async function openServer(server: Server, where: Where): Promise<OperatorServer> {
  const scope = new Scope();
  try {
    await listen(scope, server, where);
    return { stopListening: () => void server.close(), [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

type Where = { path: string; exclusive: true } | { host: string; port: number };

async function listen(scope: Scope, server: Server, where: Where): Promise<void> {
  scope.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(where);
  await once(server, 'listening');
}

async function takeOrder(
  { orders, now, log }: OperatorServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path, query] = (request.url ?? '').split('?', 2);
  try {
    const body = await text(request);
    if (path === '/hand-over') await handOver(orders, query, now());
    else if (request.url === '/restart') await orders.restart();
    else if (request.url === '/settled') orders.noteSettled(readSettled(body));
    else return send(response, 404, 'text/plain', 'there is no such order\n');
    send(response, 200, 'text/plain', 'ok\n');
  } catch (error) {
    log.error({ op: 'gateway.order', ok: false, path: request.url, error: errorText(error) });
    send(response, 500, 'text/plain', `${errorText(error)}\n`);
  }
}

/** Who asked may have given up while this process was stopped: it would hand over to none. */
async function handOver(orders: OperatorOrders, query: string | undefined, nowMs: number): Promise<void> {
  const untilMs = Number(new URLSearchParams(query).get('until') ?? Infinity);
  if (nowMs > untilMs) throw new Error('the process that asked for it has given up since');
  await orders.handOver();
}

function answer(deps: WatchPortDeps, path: string | undefined, response: ServerResponse): void {
  if (path === '/livez') return send(response, 200, 'text/plain', 'ok\n');
  const status = deps.status();
  if (path === '/readyz') return answerReady(status, response);
  if (path === '/metrics' && status) return detach(answerMetrics(deps, status, response));
  if (path === '/metrics') return send(response, 503, 'text/plain', 'the gateway is being opened\n');
  send(response, 404, 'text/plain', 'There are /livez, /readyz and /metrics.\n');
}

/** Ready while a model can be asked. */
function answerReady(status: GatewayStatus | undefined, response: ServerResponse): void {
  if (!status) return send(response, 503, 'text/plain', 'the gateway is being opened\n');
  const isReady = status.models.some(({ instances }) => instances > 0);
  send(response, isReady ? 200 : 503, 'text/plain', isReady ? 'ok\n' : 'no model is up\n');
}

async function answerMetrics(
  { metrics, log }: WatchPortDeps,
  status: GatewayStatus,
  response: ServerResponse,
): Promise<void> {
  try {
    send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await metrics.render(status));
  } catch (error) {
    log.error({ op: 'gateway.metrics', ok: false, error: errorText(error) });
    send(response, 500, 'text/plain', 'The log of the gateway says why.\n');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body);
}
