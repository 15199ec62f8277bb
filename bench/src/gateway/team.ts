// What a team meets beside speed: an instance that dies, a key that is revoked, more instances, a store that has grown for long.

import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { budgets } from '../harness/budgets.ts';
import { judge, type Judged } from '../harness/judge.ts';
import type { BenchOptions } from '../harness/result.ts';
import { openWorker, type Worker } from '../harness/worker.ts';
import type { OriginOrders } from './origin-worker.ts';
import type { RelayOrders } from './relay-worker.ts';
import type { RequestOrders } from './request-worker.ts';

export interface TeamOptions extends BenchOptions {
  seconds: number;
  rounds: number;
  dir: string;
  load: Worker<RequestOrders>;
  gatewayEnv: NodeJS.ProcessEnv;
}

export interface TeamFigures {
  history: { keys: number; usageRows: number };
  failoverMs: number[];
  revocationMs: number[];
  /** Events a second of four instances, beside four times those of one. */
  scale: number[];
  largeStartSeconds: number[];
  /** Of the median delay with one request at a time. */
  largeDelay: number[];
}

const originWorker = fileURLToPath(new URL('./origin-worker.ts', import.meta.url));
const relayWorker = fileURLToPath(new URL('./relay-worker.ts', import.meta.url));
/** Requests at a time, of which each instance of the scaling takes half at once. */
const connectionsOfInstance = 32;
const fullHistory = { keys: 100_000, usageRows: 1_000_000 };
const quickHistory = { keys: 200, usageRows: 2_000 };

export async function measureTeam(options: TeamOptions): Promise<TeamFigures> {
  const history = options.quick ? quickHistory : fullHistory;
  const figures: TeamFigures = {
    history,
    failoverMs: [],
    revocationMs: [],
    scale: [],
    largeStartSeconds: [],
    largeDelay: [],
  };
  options.say(`gateway: ${history.keys} keys and ${history.usageRows} requests are written`);
  const large = await mkdtemp(join(options.dir, 'large-'));
  await using writer = await openWorker<RelayOrders>(relayWorker, options.gatewayEnv);
  await writer.order('fill', { stateDir: large, ...history });
  for (let round = 0; round < options.rounds; round++) {
    options.say(`gateway, a team: round ${round + 1} of ${options.rounds}`);
    figures.failoverMs.push(await timeFailover(options));
    figures.revocationMs.push(await timeRevocation(options));
    const one = await eventsOf(options, 1);
    figures.scale.push((await eventsOf(options, 4)) / (4 * one));
    const empty = await delayWith(options, await mkdtemp(join(options.dir, 'empty-')));
    const grown = await delayWith(options, large);
    figures.largeStartSeconds.push(grown.startMs / 1_000);
    figures.largeDelay.push(grown.p50Ms / empty.p50Ms);
  }
  return figures;
}

export function judgeTeam(figures: TeamFigures): Judged[] {
  return [
    judge(figures.failoverMs, budgets.gatewayFailover),
    judge(figures.revocationMs, budgets.gatewayRevocation),
    judge(figures.scale, budgets.gatewayScale),
    judge(figures.largeStartSeconds, budgets.gatewayLargeStart),
    judge(figures.largeDelay, budgets.gatewayLargeDelay),
  ];
}

export function teamNotes({ history }: TeamFigures): string[] {
  return [
    'the request whose instance is killed had been waiting there for its answer; the process is killed, so that its connections are reset.',
    'of four instances: each takes 16 streams at once, of which each has a token every 20 ms; twice as many clients ask, so that half of them wait in the queue.',
    `the large store has ${history.keys} keys and ${history.usageRows} requests of the last 30 days.`,
  ];
}

interface Place extends AsyncDisposable {
  relay: Worker<RelayOrders>;
  target: { port: number; key: string };
  startMs: number;
  origins: Array<Worker<OriginOrders>>;
}

async function openPlace(
  { dir, gatewayEnv }: TeamOptions,
  { instances, stateDir, capacity }: { instances: number; stateDir?: string; capacity?: number },
): Promise<Place> {
  await using opened = new AsyncDisposableStack();
  const place = await mkdtemp(join(dir, 't-'));
  const origins: Array<Worker<OriginOrders>> = [];
  const sockets: string[] = [];
  for (let at = 0; at < instances; at++) {
    const origin = opened.use(await openWorker<OriginOrders>(originWorker));
    const socket = join(place, `${at}.sock`);
    await origin.order('open', { socket });
    origins.push(origin);
    sockets.push(socket);
  }
  const relay = opened.use(await openWorker<RelayOrders>(relayWorker, gatewayEnv));
  const given = { sockets, stateDir: stateDir ?? place, ...(capacity !== undefined && { capacity }) };
  const { port, key, startMs } = await relay.order('open', given);
  const all = opened.move();
  return { relay, target: { port, key }, startMs, origins, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function timeFailover(options: TeamOptions): Promise<number> {
  await using place = await openPlace(options, { instances: 2 });
  // Until each instance has its mux.
  await options.load.order('requests', { target: place.target, connections: 4, seconds: 0.2 });
  const [first] = place.origins;
  await first!.order('silence');
  await options.load.order('untilStuck', { target: place.target });
  const killedMs = Number(process.hrtime.bigint()) / 1e6;
  process.kill(first!.pid, 'SIGKILL');
  return (await options.load.order('answered')) - killedMs;
}

async function timeRevocation(options: TeamOptions): Promise<number> {
  await using place = await openPlace(options, { instances: 1 });
  await options.load.order('beginCut', { target: place.target });
  const revokedMs = await place.relay.order('revoke');
  return (await options.load.order('cut')) - revokedMs;
}

async function eventsOf(options: TeamOptions, instances: number): Promise<number> {
  await using place = await openPlace(options, { instances, capacity: connectionsOfInstance / 2 });
  const connections = connectionsOfInstance * instances;
  // Long enough for several streams of a second each, one after the other.
  const seconds = options.quick ? 1 : 8;
  const events = await options.load.order('paced', { target: place.target, connections, seconds });
  return events;
}

async function delayWith(options: TeamOptions, stateDir: string): Promise<{ startMs: number; p50Ms: number }> {
  await using place = await openPlace(options, { instances: 1, stateDir });
  const { target, startMs } = place;
  await options.load.order('requests', { target, connections: 1, seconds: options.seconds / 2 });
  const { p50Ms } = await options.load.order('requests', { target, connections: 1, seconds: options.seconds });
  return { startMs, p50Ms };
}
