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
import { askHandOver } from './hand-over/ask-hand-over.ts';
import { Door } from './hand-over/door.ts';
import { type SettledElsewhere, usedOf } from './hand-over/settled-elsewhere.ts';
import { Succession } from './hand-over/succession.ts';
import { periodsOf } from './limits/calendar.ts';
import { Ledger } from './limits/ledger.ts';
import { createRelayServer, listenBacklog } from './relay/create-relay-server.ts';
import { createGatewayMetrics, type GatewayMetrics } from './operator/gateway-metrics.ts';
import { describeGateway, type GatewayStatus } from './operator/gateway-status.ts';
import { openOperatorServer, openWatchPort, type WatchPort, type WatchPortDeps } from './operator/operator-server.ts';
import { openRelay } from './relay/open-relay.ts';
import { relayLimits } from './relay/relay-limits.ts';
import { followContexts } from './routing/follow-contexts.ts';
import { followLoads } from './routing/follow-loads.ts';
import { followOffers } from './routing/follow-offers.ts';
import { InstanceWays } from './routing/instance-ways.ts';
import { ModelSources } from './routing/model-sources.ts';
import { type ReachCarrier, reachOffer } from './routing/reach-offer.ts';
import type { ModelTable, Offer } from './routing/offer.ts';
import { removeDeadSocket } from './remove-dead-socket.ts';
import { Router } from './routing/router.ts';
import { openSources, type PublisherDoor } from './sources/open-sources.ts';
import { claimServing } from './store/claim-serving.ts';
import { type GatewayStore, openGatewayStore } from './store/gateway-store.ts';
import { readLeftJournals, removeAsideJournal } from './store/left-journals.ts';
import { openUsageJournal } from './store/usage-journal.ts';
import type { UsageRecord } from './usage/usage-record.ts';
import { openUsageRecorder, type UsageRecorder } from './usage/usage-recorder.ts';

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
  /** The process that serves the directory now hands over to this one. It listens already where both have one parent. */
  takesOver?: boolean;
  isAlive: (pid: number) => boolean;
  /** Asks what started this process for another one; undefined where nothing can. Rejects with why not. */
  startSuccessor?: (() => Promise<void>) | undefined;
  /** Another process has taken over. */
  onHandedOver: () => void;
  clock: Clock;
  random: () => number;
  log: Log;
}

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, or the path of the socket. */
  readonly address: string;
  readonly metricsPort: number | undefined;
  /** Resolves when it has handed over and its last request has ended, or the time for that is over. */
  readonly drained: Promise<void>;
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

async function buildGateway(options: GatewayOptions, scope: Scope): Promise<Omit<Gateway, keyof AsyncDisposable>> {
  const { stateDir, clock, random, log } = options;
  const claim = scope.use(new DisposableStack());
  if (!options.takesOver) claim.use(claimServing(stateDir, options.pid));
  const succession = new Succession(options);
  const models = await openModels(options, succession, scope);
  const { router, ways, reach, contextOf } = models;
  const { door, address, listener } = await openDoor(options, scope);
  const metrics = createGatewayMetrics();
  const opened: { describe?: () => GatewayStatus } = {};
  const watchPort = await openWatch(options, { metrics, status: () => opened.describe?.() }, scope);
  if (options.takesOver) {
    await askHandOver(stateDir, clock.now());
    claim.use(claimServing(stateDir, options.pid));
  }
  const store = scope.use(openGatewayStore(stateDir, 'serve'));
  const keys = scope.use(followAccounts({ store, clock, log }));
  const { recorder, ledger, now } = openAccounting(store, { ...options, succession }, scope);
  const { describePublishers, published } = await openPublishing(options, { ...models, store }, scope);
  const accounts = scope.use(openAccounts(store, keys, options));
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
      onSettled: settleIn({ recorder, metrics, log }),
    }),
  );
  ways.onPaused = (instanceId) => relay.pausedAt(instanceId);
  const startedMs = clock.now();
  const describe = () => ({
    ...describeGateway({ startedMs, address, url: options.url }, relay, router),
    ...describePublishers(),
    usage: recorder.state,
  });
  opened.describe = describe;
  const orders = {
    handOver: (): Promise<void> =>
      succession.handOver({ listeners: [listener, operator, watchPort], published, claim, relay, recorder }),
    restart: () => succession.restart(),
    noteSettled: (settled: readonly SettledElsewhere[]) => ledger.remember(usedOf(settled, now()), now()),
  };
  const operator = scope.use(
    await listening(stateDir, () =>
      openOperatorServer({ stateDir, status: describe, orders, now: () => clock.now(), log }),
    ),
  );
  // Ahead of the relay: no request comes after the last one has ended.
  scope.defer(listener.stopListening);
  door.open(relay);
  return { address, metricsPort: watchPort?.port, drained: succession.drained };
}

/** What is offered, of all sources, and the way to it. Resolves when the account's own deployments are known. */
async function openModels(options: GatewayOptions, succession: Succession, scope: Scope) {
  const { clock, random, log } = options;
  const router = new Router({ monotonicMs: () => clock.monotonicMs(), random, log });
  // Publishers leave for the successor. Requests that run or wait here still go to what they had published.
  const isFixed = () => succession.isOver && options.publishers !== undefined;
  const opened: { reachCarrier?: ReachCarrier } = {};
  const channel = (offer: Offer, signal: AbortSignal) => reachOffer(offer, { ...opened, signal });
  const ways = new InstanceWays({ reach: channel, clock, log });
  const sources = new ModelSources((table) => {
    if (isFixed()) return;
    router.replace(table);
    ways.follow(table);
  });
  if (options.servesOwn !== false) opened.reachCarrier = await followOwn({ options, sources, router }, scope);
  scope.use(ways);
  const reach = (offer: Offer, signal: AbortSignal) => ways.open(offer, signal);
  const { contextOf } = scope.use(followContexts({ models: () => router.models, reach, clock, log }));
  return { router, sources, ways, reach, contextOf };
}

/** `published` is closed where another process takes over: its socket is then the other's. */
async function openPublishing(
  options: GatewayOptions,
  deps: { router: Router; sources: ModelSources; store: GatewayStore },
  scope: Scope,
) {
  const { publishers } = options;
  if (publishers) await removeDeadSocket(publishers.socket);
  const own = scope.use(new Scope());
  const { describePublishers } = await openSources({ ...options, ...deps }, own).catch((error) => {
    throw listenFailed(publishers?.socket ?? options.stateDir, error);
  });
  return { describePublishers, published: publishers ? own : undefined };
}

async function openDoor({ listen, log }: GatewayOptions, scope: Scope) {
  const door = scope.use(new Door());
  const server = createRelayServer(door);
  // Such as a lack of file descriptors: the next connection may be taken.
  server.on('error', (error) => log.error({ op: 'gateway.accept', ok: false, error: errorText(error) }));
  const listener = { stopListening: () => void server.close() };
  scope.defer(listener.stopListening);
  return { door, listener, address: await listenAt(server, listen) };
}

function settleIn(given: { recorder: UsageRecorder; metrics: GatewayMetrics; log: Log }) {
  return (record: UsageRecord, onKept?: () => void) => {
    given.recorder.add(record, onKept);
    given.metrics.observe(record);
    logRequest(given.log, record);
  };
}

function logRequest(log: Log, { outcome, member, model, status, totalMs, requestId }: UsageRecord): void {
  const ok = outcome === 'completed';
  log.debug({ op: 'gateway.request', ok, outcome, member, model, status, totalMs, requestId });
}

/** Undefined where no port was asked for. */
async function openWatch(
  { metricsPort: port, log }: GatewayOptions,
  told: Pick<WatchPortDeps, 'metrics' | 'status'>,
  scope: Scope,
): Promise<WatchPort | undefined> {
  if (port === undefined) return undefined;
  return scope.use(await listening(`port ${port}`, () => openWatchPort({ ...told, port, log })));
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

async function listening<Opened>(place: string, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    throw listenFailed(place, error);
  }
}

/** What other processes had settled and not written is written first, so that the budgets know of it. */
function openAccounting(store: GatewayStore, given: GatewayOptions & { succession: Succession }, scope: Scope) {
  const { stateDir, clock, log, isAlive, pid, succession } = given;
  scope.defer(() => removeAsideJournal(stateDir, pid));
  const journal = scope.use(openUsageJournal(stateDir));
  const others = readLeftJournals(stateDir, isAlive);
  const records = store.addUsage([...journal.read(), ...others.records]);
  if (records > 0)
    log.info({ op: 'gateway.journal', ok: true, records }, 'usage of a process that was killed is written');
  journal.clear();
  others.forget();
  const now = () => ({ monotonicMs: clock.monotonicMs(), wallMs: clock.now() });
  const { day, month } = periodsOf(now().wallMs);
  const ledger = new Ledger();
  ledger.remember(store.usedTokens({ monthMs: month.startMs, dayMs: day.startMs }), now());
  const write = (records: readonly UsageRecord[]) => {
    store.addUsage(records);
    succession.noteSettled(records);
  };
  const recorder = scope.use(openUsageRecorder({ write, journal, clock, log }));
  return { recorder, ledger, now };
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
