// The data path with all that it needs, keys and usage in a real store, in front of one instance: for measurements.

import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { Scope, Secret, silentLog, systemClock, systemRandom } from '@fairlead/kit';

import { createApiKey, hashApiKey } from '../accounts/api-key.ts';
import { createRequestId } from '../create-request-id.ts';
import { followAccounts } from '../accounts/follow-accounts.ts';
import { periodsOf } from '../limits/calendar.ts';
import { Ledger } from '../limits/ledger.ts';
import { createRelayServer, listenBacklog } from '../relay/create-relay-server.ts';
import { openRelay } from '../relay/open-relay.ts';
import { relayLimits } from '../relay/relay-limits.ts';
import { InstanceWays } from '../routing/instance-ways.ts';
import type { OfferPlace } from '../routing/offer.ts';
import { Router } from '../routing/router.ts';
import { openGatewayStore } from '../store/gateway-store.ts';
import { openUsageJournal } from '../store/usage-journal.ts';
import { openUsageRecorder } from '../usage/usage-recorder.ts';

export interface RelayTo extends AsyncDisposable {
  port: number;
  key: string;
  /** From the store's opening until it listens, ms. */
  startMs: number;
  revoke(): void;
}

export interface RelayToOptions {
  /** Of the instances, all of which serve the model `m`. One that is named twice stands for two. */
  sockets: readonly string[];
  stateDir: string;
  /** Requests that each instance takes at once; absent: as learnt. */
  capacity?: number;
}

export async function openRelayTo({ sockets, stateDir, capacity }: RelayToOptions): Promise<RelayTo> {
  const scope = new Scope();
  const beganMs = performance.now();
  const [clock, log] = [systemClock, silentLog];
  const store = scope.use(openGatewayStore(stateDir, 'serve'));
  const journal = scope.use(openUsageJournal(stateDir));
  const { id, key } = createApiKey(randomBytes(40));
  const limits = { requestsPerMinute: 1e9, tokensPerMinute: 1e12, concurrent: 1e6 };
  const change = { actor: 'bench', nowMs: 0 };
  if (!store.findMember('bench')) store.addMember({ name: 'bench', team: undefined, limits, createdMs: 0 }, change);
  const none = { label: undefined, models: undefined, expiresMs: undefined, revokedMs: undefined, limits: {} };
  store.addKey({ id, member: 'bench', hash: hashApiKey(key.reveal()), createdMs: 0, ...none }, change);
  const keys = scope.use(followAccounts({ store, clock, log }));
  const recorder = scope.use(openUsageRecorder({ write: (records) => store.addUsage(records), journal, clock, log }));
  const router = new Router({ monotonicMs: () => clock.monotonicMs(), random: systemRandom, log });
  const offers = sockets.map((socket, at) => ({
    deployment: 'd',
    instanceId: `i${at}`,
    generation: 1,
    place: { kind: 'carrier' as const, address: { kind: 'bastion-socket' as const, socket } },
    apiKey: new Secret('fl_bench'),
    servedModel: 'm',
    ...(capacity !== undefined && { capacity }),
  }));
  router.replace(new Map([['m', { id: 'm', deployments: ['d'], state: { status: 'ready' }, offers, createdMs: 0 }]]));
  const ways = scope.use(new InstanceWays({ reach: ({ place }, signal) => dial(socketOf(place), signal), clock, log }));
  const ledger = new Ledger();
  const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.now() };
  const { day, month } = periodsOf(now.wallMs);
  ledger.remember(store.usedTokens({ monthMs: month.startMs, dayMs: day.startMs }), now);
  const relay = scope.use(
    openRelay({
      limits: relayLimits,
      clock,
      random: systemRandom,
      createRequestId: () => createRequestId(clock.now(), randomUUID()),
      keys,
      ledger,
      router,
      log,
      onSettled: (record, onKept) => recorder.add(record, onKept),
      reach: (offer, signal) => ways.open(offer, signal),
    }),
  );
  ways.onPaused = (instanceId) => relay.pausedAt(instanceId);
  const server = createRelayServer(relay);
  scope.defer(() => void server.close());
  server.listen({ host: '127.0.0.1', port: 0, backlog: listenBacklog });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    port,
    key: key.reveal(),
    startMs: performance.now() - beganMs,
    revoke() {
      // By a connection of its own, as the command does: the gateway looks for the changes of others.
      using other = openGatewayStore(stateDir, 'command');
      other.revokeKey(id, { actor: 'bench', nowMs: clock.now() });
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function socketOf(place: OfferPlace): string {
  return place.kind === 'carrier' ? String(place.address['socket']) : '';
}

function dial(path: string, signal: AbortSignal): Promise<Socket> {
  const channel = connect({ path, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  channel.once('connect', () => resolve(channel)).once('error', reject);
  signal.addEventListener('abort', () => channel.destroy(), { once: true });
  return promise;
}
