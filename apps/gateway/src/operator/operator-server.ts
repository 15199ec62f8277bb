// What the operator asks of a gateway that serves, apart from the data path: its state on a socket that the account alone can open, and
// metrics and health on a port of the loopback for those who watch it.

import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';

import { detach, errorText, type Log, Scope } from '@fairlead/kit';

import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GatewayStatus } from './gateway-status.ts';

export interface OperatorServerDeps {
  stateDir: string;
  /** Undefined: none. 0: any. */
  metricsPort: number | undefined;
  status: () => GatewayStatus;
  metrics: Pick<GatewayMetrics, 'render'>;
  log: Log;
}

export interface OperatorServer extends AsyncDisposable {
  readonly metricsPort: number | undefined;
}

export function operatorSocket(stateDir: string): string {
  return join(stateDir, 'operator.sock');
}

/** The caller has the claim of the directory: a socket that lies there is dead. Throws what listening throws. */
export async function openOperatorServer(deps: OperatorServerDeps): Promise<OperatorServer> {
  const scope = new Scope();
  try {
    const path = operatorSocket(deps.stateDir);
    rmSync(path, { force: true });
    await listen(
      scope,
      createServer((request, response) => answer(deps, { path: request.url, isOwn: true }, response)),
      { path },
    );
    chmodSync(path, 0o600);
    const metricsPort = deps.metricsPort === undefined ? undefined : await openPort(scope, deps, deps.metricsPort);
    return { metricsPort, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function openPort(scope: Scope, deps: OperatorServerDeps, port: number): Promise<number> {
  const server = createServer((request, response) => answer(deps, { path: request.url, isOwn: false }, response));
  await listen(scope, server, { host: '127.0.0.1', port });
  return (server.address() as { port: number }).port;
}

async function listen(
  scope: Scope,
  server: Server,
  where: { path: string } | { host: string; port: number },
): Promise<void> {
  scope.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(where);
  await once(server, 'listening');
}

function answer(
  deps: OperatorServerDeps,
  { path, isOwn }: { path: string | undefined; isOwn: boolean },
  response: ServerResponse,
): void {
  if (path === '/livez') return send(response, 200, 'text/plain', 'ok\n');
  if (path === '/readyz') return answerReady(deps, response);
  if (path === '/metrics') return detach(answerMetrics(deps, response));
  if (path === '/status' && isOwn) return send(response, 200, 'application/json', JSON.stringify(deps.status()));
  send(response, 404, 'text/plain', 'There are /livez, /readyz and /metrics.\n');
}

/** Ready while a model can be asked. */
function answerReady({ status }: OperatorServerDeps, response: ServerResponse): void {
  const isReady = status().models.some(({ instances }) => instances > 0);
  send(response, isReady ? 200 : 503, 'text/plain', isReady ? 'ok\n' : 'no model is up\n');
}

async function answerMetrics({ status, metrics, log }: OperatorServerDeps, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await metrics.render(status()));
  } catch (error) {
    log.error({ op: 'gateway.metrics', ok: false, error: errorText(error) });
    send(response, 500, 'text/plain', 'The log of the gateway says why.\n');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body);
}
