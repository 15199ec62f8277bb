// The data path with all that it needs, keys and usage in a real store, in front of one instance: for measurements.

import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { Scope, Secret, silentLog, systemClock, systemRandom } from '@fairlead/kit';

import { createApiKey, hashApiKey } from '../accounts/api-key.ts';
import { createRequestId } from '../create-request-id.ts';
import { followAccounts } from '../accounts/follow-accounts.ts';
import { Ledger } from '../limits/ledger.ts';
import { createRelayServer, listenBacklog } from '../relay/create-relay-server.ts';
import { openRelay } from '../relay/open-relay.ts';
import { relayLimits } from '../relay/relay-limits.ts';
import { InstanceWays } from '../routing/instance-ways.ts';
import { Router } from '../routing/router.ts';
import { openGatewayStore } from '../store/gateway-store.ts';
import { openUsageJournal } from '../store/usage-journal.ts';
import { openUsageRecorder } from '../usage/usage-recorder.ts';

export interface RelayTo extends AsyncDisposable {
  port: number;
  key: string;
}

/** `socket`: of the instance, which serves the model `m`; where there are several, of all of them. */
export async function openRelayTo({
  socket,
  stateDir,
  instances = 1,
}: {
  socket: string;
  stateDir: string;
  instances?: number;
}): Promise<RelayTo> {
  const scope = new Scope();
  const [clock, log] = [systemClock, silentLog];
  const store = scope.use(openGatewayStore(stateDir, 'serve'));
  const journal = scope.use(openUsageJournal(stateDir));
  const { id, key } = createApiKey(randomBytes(40));
  const limits = { requestsPerMinute: 1e9, tokensPerMinute: 1e12, concurrent: 1e6 };
  const change = { actor: 'bench', nowMs: 0 };
  store.addMember({ name: 'bench', team: undefined, limits, createdMs: 0 }, change);
  const none = { label: undefined, models: undefined, expiresMs: undefined, revokedMs: undefined, limits: {} };
  store.addKey({ id, member: 'bench', hash: hashApiKey(key.reveal()), createdMs: 0, ...none }, change);
  const keys = scope.use(followAccounts({ store, clock, log }));
  const recorder = scope.use(openUsageRecorder({ write: (records) => store.addUsage(records), journal, clock, log }));
  const router = new Router({ monotonicMs: () => clock.monotonicMs(), random: systemRandom, log });
  const offers = Array.from({ length: instances }, (_, at) => ({
    deployment: 'd',
    instanceId: `i${at}`,
    generation: 1,
    place: { kind: 'carrier' as const, address: { kind: 'bastion-socket' as const, socket } },
    apiKey: new Secret('fl_bench'),
    servedModel: 'm',
  }));
  router.replace(new Map([['m', { id: 'm', deployments: ['d'], state: { status: 'ready' }, offers, createdMs: 0 }]]));
  const ways = scope.use(new InstanceWays({ reach: (_, signal) => dial(socket, signal), clock, log }));
  const relay = scope.use(
    openRelay({
      limits: relayLimits,
      clock,
      random: systemRandom,
      createRequestId: () => createRequestId(clock.now(), randomUUID()),
      keys,
      ledger: new Ledger(),
      router,
      log,
      onSettled: (record, onKept) => recorder.add(record, onKept),
      reach: (offer, signal) => ways.open(offer, signal),
    }),
  );
  const server = createRelayServer(relay);
  scope.defer(() => void server.close());
  server.listen({ host: '127.0.0.1', port: 0, backlog: listenBacklog });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { port, key: key.reveal(), [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

function dial(path: string, signal: AbortSignal): Promise<Socket> {
  const channel = connect({ path, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  channel.once('connect', () => resolve(channel)).once('error', reject);
  signal.addEventListener('abort', () => channel.destroy(), { once: true });
  return promise;
}
