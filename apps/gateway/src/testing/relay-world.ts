// The data path between real sockets: instances that a test writes as HTTP servers, a client by TCP, keys that are good.

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createNetServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

import { type Log, Scope, Secret, silentLog, systemClock, systemRandom } from '@fairlead/kit';

import { FrontStandIn } from '@fairlead/mux/testing';
import type { EndpointAddress } from '@fairlead/protocol';

import type { KeyRecord, Limits, MemberRecord, TeamRecord } from '../accounts/account-records.ts';
import { createApiKey, hashApiKey } from '../accounts/api-key.ts';
import { KeyBook } from '../accounts/key-book.ts';
import { Ledger } from '../limits/ledger.ts';
import { createRelayServer, listenBacklog } from '../relay/create-relay-server.ts';
import { openRelay } from '../relay/open-relay.ts';
import { relayLimits, type RelayLimits } from '../relay/relay-limits.ts';
import type { ModelTable, Offer } from '../routing/offer.ts';
import { InstanceWays } from '../routing/instance-ways.ts';
import { reachOffer } from '../routing/reach-offer.ts';
import { Router } from '../routing/router.ts';
import type { UsageRecord } from '../usage/usage-record.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface RelayWorldOptions {
  /** One for each instance: `i0`, `i1`, … All serve `m`, by the deployment `d`. */
  instances: readonly Handler[];
  limits?: Limits;
  models?: readonly string[];
  relay?: Partial<RelayLimits>;
  log?: Log;
  /** The journal takes its time; by default a record is kept at once. */
  keep?: (goOn: () => void) => void;
  /** Instances take muxes, as fronts do. */
  mux?: boolean;
  /** No request may be sent again. */
  neverRetries?: boolean;
  /** In place of a connection to the instance. */
  reach?: (signal: AbortSignal) => Promise<Socket>;
}

interface Seen {
  requests: number;
  open: number;
  bodies: string[];
  /** Requests that came as streams of a mux. */
  streams: number;
}

export interface RelayWorld extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly key: string;
  readonly records: readonly UsageRecord[];
  /** Resolves with the records once there are so many. */
  settled(count: number): Promise<readonly UsageRecord[]>;
  /** Requests that each instance has had, and how many of their connections are open. */
  readonly seen: readonly Seen[];
  /** As where its node loses power. */
  kill(instance: number): void;
  /** Its connections are lost, and it takes others. */
  cut(instance: number): void;
  /** From the budget of retries. */
  readonly retriesTaken: number;
  /** Open connections of clients. */
  readonly size: number;
  /** Requests that wait in the gateway. */
  readonly waiting: number;
  revoke(): void;
  /** As where another process has taken over. */
  drain(): Promise<void>;
  /** Sends bytes as they are; resolves with all that comes until the gateway closes. */
  raw(text: string): Promise<string>;
  /** Opens a connection that the test closes. */
  dial(): Promise<Socket>;
  post(path: string, body: object, init?: RequestInit): Promise<Response>;
  useModels(table: ModelTable): void;
  /** As its engine tells: so many run, and some wait. */
  fill(instance: number, running: number): void;
  /** Another member's key, in a team of this weight. */
  join(name: string, weight?: number): string;
  readonly table: ModelTable;
}

export const engineKey = 'fl_engine';

export async function openRelayWorld(options: RelayWorldOptions): Promise<RelayWorld> {
  const scope = new Scope();
  const dir = await mkdtemp(join(tmpdir(), 'fl-relay-'));
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  const seen = options.instances.map(() => ({ requests: 0, open: 0, bodies: [] as string[], streams: 0 }));
  const engines = await Promise.all(
    options.instances.map((handler, at) =>
      openEngine(join(dir, `${at}.sock`), handler, { seen: seen[at]!, mux: options.mux === true }),
    ),
  );
  for (const engine of engines) scope.defer(() => engine.kill());
  const table = tableOf(options.instances.map((_, at) => offerOf(at, join(dir, `${at}.sock`))));
  const { book, key, revoke, join: joinTeam } = makeKeys(options);
  const records: UsageRecord[] = [];
  const waiting = new Set<() => void>();
  const router = new Router({ monotonicMs: () => systemClock.monotonicMs(), random: systemRandom, log: silentLog });
  router.replace(table);
  const ways = new InstanceWays({ reach, clock: systemClock, log: silentLog });
  let retriesTaken = 0;
  const takeRetry = router.takeRetry.bind(router);
  router.takeRetry = () => {
    retriesTaken += 1;
    return options.neverRetries !== true && takeRetry();
  };
  const relay = openRelay({
    limits: { ...relayLimits, ...options.relay },
    clock: systemClock,
    random: systemRandom,
    createRequestId: randomUUID,
    keys: book,
    ledger: new Ledger(),
    router,
    log: options.log ?? silentLog,
    reach: (offer, signal) => options.reach?.(signal) ?? ways.open(offer, signal),
    onSettled(record, onKept) {
      records.push(record);
      for (const look of waiting) look();
      if (onKept && options.keep) options.keep(onKept);
      else onKept?.();
    },
  });
  ways.onPaused = (instanceId) => relay.pausedAt(instanceId);
  const server = createRelayServer(relay);
  const port = await listen(server);
  scope.defer(() => void server.close());
  scope.use(ways);
  scope.use(relay);
  const url = `http://127.0.0.1:${port}`;
  const dial = async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    return socket;
  };
  return {
    url,
    port,
    key,
    records,
    seen,
    get retriesTaken() {
      return retriesTaken;
    },
    get waiting() {
      return relay.waiting;
    },
    get size() {
      return relay.size;
    },
    revoke,
    drain: () => relay.drain(),
    dial,
    table,
    kill: (at) => engines[at]!.kill(),
    cut: (at) => engines[at]!.cut(),
    useModels(models) {
      router.replace(models);
      ways.follow(models);
    },
    fill: (at, running) => router.noteLoads(new Map([[`i${at}`, { inFlight: running, running, waiting: 1 }]])),
    join: joinTeam,
    settled(count) {
      const { promise, resolve } = Promise.withResolvers<readonly UsageRecord[]>();
      const look = () => records.length >= count && resolve(records);
      waiting.add(look);
      look();
      return promise;
    },
    async raw(text) {
      const socket = await dial();
      let got = '';
      socket.on('data', (piece) => (got += String(piece)));
      socket.on('error', () => undefined);
      socket.write(text);
      await once(socket, 'close');
      return got;
    },
    post: (path, body, init) =>
      fetch(url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        ...init,
      }),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

interface EngineOptions {
  seen: Seen;
  mux: boolean;
}

async function openEngine(path: string, handler: Handler, { seen, mux }: EngineOptions) {
  const http = createServer((request, response) => {
    seen.requests += 1;
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      seen.bodies.push(body);
      if (request.headers.authorization !== `Bearer ${engineKey}`) response.writeHead(401).end();
      else handler(request, response, body);
    });
  });
  const sockets = new Set<Socket>();
  http.on('connection', (request) => {
    seen.open += 1;
    request.once('close', () => (seen.open -= 1));
  });
  const serve = (request: Duplex) => void http.emit('connection', request);
  const onStream = (request: Duplex) => {
    seen.streams += 1;
    serve(request);
  };
  const front = new FrontStandIn({ key: engineKey, onStream, onPlain: serve });
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (mux) front.accept(socket);
    else serve(socket);
  });
  server.listen(path);
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    cut,
    kill() {
      server.close();
      cut();
      front[Symbol.dispose]();
    },
  };
}

function offerOf(at: number, path: string): Offer {
  return {
    deployment: 'd',
    instanceId: `i${at}`,
    generation: 1,
    place: { kind: 'carrier', address: { kind: 'bastion-socket', socket: path } },
    apiKey: new Secret(engineKey),
    servedModel: 'm',
  };
}

function tableOf(offers: readonly Offer[]): ModelTable {
  const model = { deployments: ['d'], state: { status: 'ready' as const }, offers, createdMs: 0 };
  return new Map(['m', 'd'].map((id) => [id, { id, ...model }]));
}

function reach(offer: Offer, signal: AbortSignal): Promise<Duplex> {
  const reachCarrier = async (address: EndpointAddress) => {
    const socket = connect({ path: (address as { socket: string }).socket, signal, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  };
  return reachOffer(offer, { reachCarrier, signal });
}

function makeKeys({ limits = {}, models }: RelayWorldOptions) {
  const members: MemberRecord[] = [{ name: 'bob', team: 'nlp', limits, createdMs: 0 }];
  const keys: KeyRecord[] = [];
  const teams: TeamRecord[] = [];
  const book = new KeyBook();
  const addKey = (member: string, forModels?: readonly string[]) => {
    const made = createApiKey(randomBytes(40));
    const key = made.key.reveal();
    const none = { label: undefined, expiresMs: undefined, revokedMs: undefined, limits: {} };
    keys.push({ id: made.id, member, hash: hashApiKey(key), models: forModels, createdMs: 0, ...none });
    book.replace({ members, keys, teams });
    return key;
  };
  const key = addKey('bob', models);
  const revoke = () => book.replace({ members, keys: [{ ...keys[0]!, revokedMs: 1 }, ...keys.slice(1)], teams });
  const join = (name: string, weight = 1) => {
    members.push({ name, team: `of ${name}`, limits: {}, createdMs: 0 });
    teams.push({ name: `of ${name}`, weight, limits: {}, createdMs: 0 });
    return addKey(name);
  };
  return { book, key, revoke, join };
}

async function listen(server: Server): Promise<number> {
  server.listen({ host: '127.0.0.1', port: 0, backlog: listenBacklog });
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
