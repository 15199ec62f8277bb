// Opens the gateway: the store, the table of models, the data path and its listener.

import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Server } from 'node:net';

import { carrierKinds, createReach } from '@fairlead/carrier';
import { ControlAnswerError, openSession, type Session } from '@fairlead/client/session';
import { type Clock, CodedError, errorText, type Log, Scope } from '@fairlead/kit';

import { createRequestId } from './create-request-id.ts';
import { type AccountServer, openAccountServer } from './accounts/account-server.ts';
import { followAccounts, type LiveKeys } from './accounts/follow-accounts.ts';
import { GuessGuard } from './accounts/guess-guard.ts';
import type { GatewayErrorCode } from './gateway-error.ts';
import { periodsOf } from './limits/calendar.ts';
import { Ledger } from './limits/ledger.ts';
import { createRelayServer, listenBacklog } from './relay/create-relay-server.ts';
import { createGatewayMetrics } from './operator/gateway-metrics.ts';
import { describeGateway } from './operator/gateway-status.ts';
import { openOperatorServer, type OperatorServer, type OperatorServerDeps } from './operator/operator-server.ts';
import { openRelay } from './relay/open-relay.ts';
import { relayLimits } from './relay/relay-limits.ts';
import { followContexts } from './routing/follow-contexts.ts';
import { followLoads } from './routing/follow-loads.ts';
import { followOffers } from './routing/follow-offers.ts';
import { ModelSources } from './routing/model-sources.ts';
import { type ReachCarrier, reachOffer } from './routing/reach-offer.ts';
import type { ModelTable, Offer } from './routing/offer.ts';
import { removeDeadSocket } from './remove-dead-socket.ts';
import { Router } from './routing/router.ts';
import { openSources, type PublisherDoor } from './sources/open-sources.ts';
import { claimServing } from './store/claim-serving.ts';
import { type GatewayStore, openGatewayStore } from './store/gateway-store.ts';
import { openUsageJournal } from './store/usage-journal.ts';
import type { UsageRecord } from './usage/usage-record.ts';
import { openUsageRecorder } from './usage/usage-recorder.ts';

/** A port of this machine's loopback, 0 for any; or a unix socket, which this account alone can open. */
export type Listen = { port: number } | { socket: string };

export interface GatewayOptions {
  stateDir: string;
  /** Told to a second gateway on the same directory, which is refused. */
  pid: number;
  listen: Listen;
  /** By which members reach it; absent: where it listens. */
  url?: string | undefined;
  /** Of the loopback, for metrics and health; 0: any; undefined: none. */
  metricsPort: number | undefined;
  /** Where publishers connect; undefined: it takes none. */
  publishers?: PublisherDoor | undefined;
  /** False: it serves what others publish and its upstreams, and needs no profile. */
  servesOwn?: boolean | undefined;
  /** Where the profile is, as for every program of the SDK. */
  env: Record<string, string | undefined>;
  clock: Clock;
  random: () => number;
  log: Log;
}

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, or the path of the socket. */
  readonly address: string;
  readonly metricsPort: number | undefined;
}

/** Resolves when it takes requests. Throws what a session throws, `gateway_already_serves`, `gateway_listen_failed` and the errors of the store. Disposing ends its requests. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const scope = new Scope();
  try {
    const built = await buildGateway(options, scope);
    return { ...built, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function buildGateway(options: GatewayOptions, scope: Scope): Promise<Pick<Gateway, 'address' | 'metricsPort'>> {
  const { stateDir, clock, random, log } = options;
  scope.use(claimServing(stateDir, options.pid));
  const store = scope.use(openGatewayStore(stateDir, 'serve'));
  const keys = scope.use(followAccounts({ store, clock, log }));
  const { recorder, ledger } = openAccounting(store, options, scope);
  const router = new Router({ monotonicMs: () => clock.monotonicMs(), random, log });
  const sources = new ModelSources((table) => router.replace(table));
  const reachCarrier = options.servesOwn === false ? undefined : await followOwn({ options, sources, router }, scope);
  if (options.publishers) await removeDeadSocket(options.publishers.socket);
  const { describePublishers } = await openSources({ ...options, store, sources, router }, scope).catch((error) => {
    throw listenFailed(options.publishers?.socket ?? stateDir, error);
  });
  const metrics = createGatewayMetrics();
  const accounts = scope.use(openAccounts(store, keys, options));
  const reach = (offer: Offer, signal: AbortSignal) => reachOffer(offer, { reachCarrier, signal });
  const { contextOf } = scope.use(followContexts({ models: () => router.models, reach, clock, log }));
  const relay = scope.use(
    openRelay({
      accounts,
      contextOf,
      limits: relayLimits,
      clock,
      random,
      createRequestId: () => createRequestId(clock.now(), randomUUID()),
      keys,
      ledger,
      router,
      log,
      reach,
      onSettled(record, onKept) {
        recorder.add(record, onKept);
        metrics.observe(record);
        logRequest(log, record);
      },
    }),
  );
  const server = createRelayServer(relay);
  // Such as a lack of file descriptors: the next connection may be taken.
  server.on('error', (error) => log.error({ op: 'gateway.accept', ok: false, error: errorText(error) }));
  // Ahead of the relay: no request comes after the last one has ended.
  scope.defer(() => void server.close());
  const address = await listenAt(server, options.listen);
  const startedMs = clock.now();
  const status = () => ({
    ...describeGateway({ startedMs, address, url: options.url }, relay, router),
    ...describePublishers(),
    usage: recorder.state,
  });
  const operator = scope.use(
    await listenForOperator({ stateDir, metricsPort: options.metricsPort, status, metrics, log }),
  );
  return { address, metricsPort: operator.metricsPort };
}

function logRequest(log: Log, { outcome, member, model, status, totalMs, requestId }: UsageRecord): void {
  const ok = outcome === 'completed';
  log.debug({ op: 'gateway.request', ok, outcome, member, model, status, totalMs, requestId });
}

/** The deployments of the account that serves. Resolves with the way to their instances when they are known. */
async function followOwn(
  { options, sources, router }: { options: GatewayOptions; sources: ModelSources; router: Router },
  scope: Scope,
): Promise<ReachCarrier> {
  const { env, clock, log } = options;
  const session = scope.use(await openSession({ env, log, clock }));
  const endpoints = endpointsOf(session);
  const watch = (signal: AbortSignal) => session.watch(signal);
  const onTable = (table: ModelTable) => (sources.own = table);
  const follower = scope.use(followOffers({ watch, endpoints, onTable, clock, log }));
  await follower.first;
  scope.use(followLoads({ list: (signal) => session.api.listDeployments({}, signal), router, clock, log }));
  const reach = createReach(carrierKinds.map((kind) => kind.createReacher({ link: session.link })));
  return (address, signal) => reach.reach(address, { signal });
}

function openAccounts(store: GatewayStore, keys: LiveKeys, { clock, log }: GatewayOptions): AccountServer {
  const now = () => ({ wallMs: clock.now(), monotonicMs: clock.monotonicMs() });
  const random = () => randomBytes(40);
  return openAccountServer({ store, keys, guesses: new GuessGuard(log), random, now, log });
}

async function listenForOperator(deps: OperatorServerDeps): Promise<OperatorServer> {
  try {
    return await openOperatorServer(deps);
  } catch (error) {
    throw listenFailed(deps.metricsPort === undefined ? deps.stateDir : `port ${deps.metricsPort}`, error);
  }
}

/** What the last process had settled and not written is written first, so that the budgets know of it. */
function openAccounting(store: GatewayStore, { stateDir, clock, log }: GatewayOptions, scope: Scope) {
  const journal = scope.use(openUsageJournal(stateDir));
  const records = store.addUsage(journal.read());
  if (records > 0)
    log.info({ op: 'gateway.journal', ok: true, records }, 'usage of a process that was killed is written');
  journal.clear();
  const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.now() };
  const { day, month } = periodsOf(now.wallMs);
  const ledger = new Ledger();
  ledger.remember(store.usedTokens({ monthMs: month.startMs, dayMs: day.startMs }), now);
  const recorder = scope.use(openUsageRecorder({ write: (records) => store.addUsage(records), journal, clock, log }));
  return { recorder, ledger };
}

/** Where control says that there is no endpoint, there is none. */
function endpointsOf(session: Session) {
  return async (name: string, signal: AbortSignal) => {
    try {
      return await session.api.endpoints(name, signal);
    } catch (error) {
      if (error instanceof ControlAnswerError) return [];
      throw error;
    }
  };
}

async function listenAt(server: Server, listen: Listen): Promise<string> {
  const where = 'port' in listen ? { host: '127.0.0.1', port: listen.port } : { path: listen.socket };
  try {
    if ('socket' in listen) await removeDeadSocket(listen.socket);
    server.listen({ ...where, backlog: listenBacklog });
    await once(server, 'listening');
    if ('socket' in listen) chmodSync(listen.socket, 0o600);
  } catch (error) {
    throw listenFailed('port' in listen ? `port ${listen.port}` : listen.socket, error);
  }
  const address = server.address();
  return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : String(address);
}

function listenFailed(place: string, error: unknown): CodedError<GatewayErrorCode> {
  return new CodedError(
    'gateway_listen_failed',
    `cannot listen on ${place} because the system refuses: got ${errorText(error)}`,
    { hint: 'Choose another --port, --socket or --metrics-port, or stop the program that has it.', cause: error },
  );
}
