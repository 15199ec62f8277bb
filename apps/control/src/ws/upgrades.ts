// Who may open which WebSocket: agents over their own control sockets, owners over accepted connections. Refuses all others in
// plain HTTP.

import type { Guard, Secret } from '@fairlead/kit';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { decodeValue, type Read, watchQuery, type WireErrorCode } from '@fairlead/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

import { refuseUpgrade } from '../http/refuse-upgrade.ts';
import { knownWireError } from '../http/to-wire-error.ts';
import type { Principal } from '../domain/principal.ts';
import type { SecureCarrier } from '../carrier/secure-carrier.ts';
import type { Principals } from '../state/principals.ts';
import { readBearer } from '../state/tokens.ts';
import type { AgentDesk } from './agent-desk.ts';
import type { WatchHub } from './watch-hub.ts';

export interface UpgradeDeps {
  carrier: SecureCarrier;
  principals: Principals;
  agents: AgentDesk;
  watchers: WatchHub;
  guard: Guard;
}

export const maxFrameBytes = 1024 * 1024;

/** Closes WebSockets with 1001 when disposed. */
export function serveUpgrades(deps: UpgradeDeps): AsyncDisposable {
  const { carrier, guard } = deps;
  const server = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
  const accept = (webSocket: WebSocket, request: IncomingMessage, decision: Accepted) => {
    const prove = () => carrier.prove(request.socket);
    if (decision.kind === 'agent') {
      const { instanceId, generation, token } = decision;
      return deps.agents.receive({ socket: webSocket, instanceId, generation, token, prove });
    }
    prove();
    const { principal, query } = decision;
    const events = query.events ? { deployment: query.deployment } : undefined;
    deps.watchers.add(webSocket, { isValid: () => deps.principals.isValid(principal), events });
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const decision = decideOrExplain(deps, request);
    if (!decision.ok) return refuseUpgrade(socket, decision.code, decision.message);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      if (!guard.run('upgrade.accept', () => accept(webSocket, request, decision))) webSocket.terminate();
    });
  };
  const guarded = guard.handler('upgrade', onUpgrade);
  carrier.http.on('upgrade', guarded);
  return {
    async [Symbol.asyncDispose]() {
      carrier.http.off('upgrade', guarded);
      await Promise.all([...server.clients].map(closeGoingAway));
    },
  };
}

type UpgradeDecision =
  | { ok: true; kind: 'agent'; instanceId: string; generation: number; token: Secret }
  | { ok: true; kind: 'watcher'; principal: Principal; query: Read<typeof watchQuery> }
  | { ok: false; code: WireErrorCode; message: string };
type Accepted = Extract<UpgradeDecision, { ok: true }>;

/** Refuses too if control cannot tell whether it knows the token. */
function decideOrExplain(deps: UpgradeDeps, request: IncomingMessage): UpgradeDecision {
  try {
    return decideUpgrade(deps, request);
  } catch (error) {
    const known = knownWireError(error);
    if (known) return { ok: false, code: known.code, message: known.message };
    deps.guard.failed('upgrade.decide', error);
    return { ok: false, code: 'internal', message: 'cannot answer because of a fault in control: its log says more' };
  }
}

function decideUpgrade({ carrier, principals }: UpgradeDeps, request: IncomingMessage): UpgradeDecision {
  const [path, search = ''] = (request.url ?? '').split('?', 2);
  const origin = carrier.originOf(request.socket);
  const token = readBearer(request.headers.authorization);
  if (path !== '/v1/agent' && path !== '/v1/watch')
    return { ok: false, code: 'not_found', message: 'no WebSocket is served there' };
  if (token === undefined) return { ok: false, code: 'unauthorized', message: 'no bearer token was given' };
  if (path === '/v1/agent') {
    if (origin?.kind !== 'dialled')
      return { ok: false, code: 'forbidden', message: 'agents are dialled at their own control sockets' };
    return { ok: true, kind: 'agent', instanceId: origin.instanceId, generation: origin.generation, token };
  }
  if (origin?.kind !== 'taken')
    return { ok: false, code: 'forbidden', message: 'this connection is for an agent alone' };
  const principal = principals.identify(token);
  if (!principal) return { ok: false, code: 'unauthorized', message: 'the owner token is not known here' };
  if (principal.kind !== 'owner')
    return { ok: false, code: 'forbidden', message: `this is not for a ${principal.kind}` };
  const query = decodeValue(watchQuery, Object.fromEntries(new URLSearchParams(search)));
  if (!query.ok)
    return { ok: false, code: 'bad_request', message: `cannot read the query because ${query.path}: ${query.message}` };
  return { ok: true, kind: 'watcher', principal, query: query.value };
}

/** How long a peer may take to answer a closing handshake. */
const closeTimeoutMs = 500;

async function closeGoingAway(socket: WebSocketServer['clients'] extends Set<infer S> ? S : never): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => socket.terminate(), closeTimeoutMs);
  socket.on('close', () => {
    clearTimeout(timer);
    resolve();
  });
  socket.close(1001, 'control is stopping');
  await promise;
}
