// `bench gateway`: requests and events a second through the gateway, with keys, limits and usage on, beside nginx in the same rounds.

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { hasNginx, openNginx } from '@fairlead/testkit/nginx';

import { budgets } from '../harness/budgets.ts';
import { judge } from '../harness/judge.ts';
import { readProcess } from '../harness/processes.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { median } from '../harness/statistics.ts';
import { figure } from '../harness/table.ts';
import { openWorker, type Worker } from '../harness/worker.ts';
import type { OriginOrders } from './origin-worker.ts';
import type { RelayOrders } from './relay-worker.ts';
import { openRivals } from './rivals.ts';
import type { RequestFigures, RequestOrders, Target } from './request-worker.ts';
import { judgeTeam, measureTeam, type TeamFigures, teamNotes } from './team.ts';

export interface GatewayBenchOptions extends BenchOptions {
  seconds: number;
  rounds: number;
  /** Also Portkey's gateway and LiteLLM, which are installed where they are not. */
  rivals?: boolean;
}

const cacheDir = join(homedir(), '.cache/fairlead/bench');
const originWorker = fileURLToPath(new URL('./origin-worker.ts', import.meta.url));
const relayWorker = fileURLToPath(new URL('./relay-worker.ts', import.meta.url));
const requestWorker = fileURLToPath(new URL('./request-worker.ts', import.meta.url));
const connectionsOfEvents = 20;
const heldStreams = 2_000;
/** Each takes 256 requests at a time. */
const instancesOfHeld = 10;
/** As the command starts the gateway. */
const gatewayEnv = { ...process.env, NODE_OPTIONS: '--max-semi-space-size=4' };
const nginxSettings = {
  maxConnections: 4096,
  http: 'keepalive_requests 1000000000;',
  location: 'proxy_http_version 1.1; proxy_set_header Connection close;',
};

interface Round {
  one: RequestFigures;
  ten: RequestFigures;
  eventsPerSecond: number;
}

export async function runGatewayBench(options: GatewayBenchOptions): Promise<BenchResult> {
  const { seconds, rounds, scope, say } = options;
  const dir = await mkdtemp(join(tmpdir(), 'fl-gateway-'));
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  const socket = join(dir, 'o.sock');
  const origin = scope.use(await openWorker<OriginOrders>(originWorker));
  const { port: originPort } = await origin.order('open', { socket });
  const relay = scope.use(await openWorker<RelayOrders>(relayWorker, gatewayEnv));
  const gateway = await relay.order('open', { sockets: [socket], stateDir: join(dir, 'state') });
  const nginx: Record<string, Target> = (await hasNginx())
    ? { nginx: { port: await openNginx(scope, { dir, socket, ...nginxSettings }), key: 'none' } }
    : {};
  const load = scope.use(await openWorker<RequestOrders>(requestWorker));
  const rivals =
    options.rivals === true ? await openRivals(scope, { dir, cacheDir, originPort }) : { ways: {}, notes: [] };
  const ways: Record<string, Target> = { direct: { socket, key: 'none' }, gateway, ...nginx, ...rivals.ways };
  const measure = async (target: Target, forSeconds: number): Promise<Round> => ({
    one: await load.order('requests', { target, connections: 1, seconds: forSeconds }),
    ten: await load.order('requests', { target, connections: 10, seconds: forSeconds }),
    // Of the rivals requests are compared, and no events.
    eventsPerSecond: Object.values(rivals.ways).includes(target)
      ? Number.NaN
      : await load.order('events', { target, connections: connectionsOfEvents, seconds: forSeconds }),
  });
  const seen: Record<string, Round[]> = {};
  for (const target of Object.values(ways)) await measure(target, seconds / 2);
  for (let round = 0; round < rounds; round++) {
    say(`gateway: round ${round + 1} of ${rounds}`);
    for (const [way, target] of Object.entries(ways)) (seen[way] ??= []).push(await measure(target, seconds));
  }
  const residentMB: number[] = [];
  for (let round = 0; round < rounds; round++) residentMB.push(await measureHeld(options, dir, load));
  const team = await measureTeam({ ...options, dir, load, gatewayEnv });
  return describe(seen, { residentMB, team, rivalNotes: rivals.notes });
}

/** What a gateway has resident that holds so many streams. */
async function measureHeld({ scope }: BenchOptions, dir: string, load: Worker<RequestOrders>): Promise<number> {
  await using relay = await openWorker<RelayOrders>(relayWorker, gatewayEnv);
  const stateDir = await mkdtemp(join(dir, 'held-'));
  const socket = join(stateDir, 'o.sock');
  const origin = scope.use(await openWorker<OriginOrders>(originWorker));
  await origin.order('open', { socket });
  const target = await relay.order('open', {
    sockets: Array.from({ length: instancesOfHeld }, () => socket),
    stateDir,
  });
  await load.order('hold', { target, streams: heldStreams });
  return (await readProcess(relay.pid))?.residentMB ?? Number.NaN;
}

function describe(
  seen: Record<string, Round[]>,
  { residentMB, team, rivalNotes }: { residentMB: readonly number[]; team: TeamFigures; rivalNotes: readonly string[] },
): BenchResult {
  const of = (way: string, figureOf: (round: Round) => number) => (seen[way] ?? []).map(figureOf);
  const added = (figureOf: (round: Round) => number) =>
    of('gateway', figureOf).map((value, round) => value - of('direct', figureOf)[round]!);
  const tenPerSecond = (round: Round) => round.ten.requestsPerSecond;
  const beside = (way: string) =>
    of('gateway', tenPerSecond).map((value, round) => value / (of(way, tenPerSecond)[round] ?? Number.NaN));
  const columns: Array<[string, (round: Round) => number]> = [
    ['requests/s c=10', tenPerSecond],
    ['p50 ms c=1', (round) => round.one.p50Ms],
    ['p50 ms c=10', (round) => round.ten.p50Ms],
    ['p99 ms c=10', (round) => round.ten.p99Ms],
    ['SSE events/s', (round) => round.eventsPerSecond],
  ];
  return {
    bench: 'gateway',
    tables: [
      {
        title: 'one process, an origin that answers at once, 1.3 KB JSON',
        columns: ['way', ...columns.map(([name]) => name)],
        rows: Object.keys(seen).map((way) => [
          way,
          ...columns.map(([, figureOf]) => figure(median(of(way, figureOf)))),
        ]),
      },
    ],
    verdicts: [
      ...(seen['nginx'] ? [judge(beside('nginx'), budgets.gatewayRequests)] : []),
      ...(seen['portkey'] ? [judge(beside('portkey'), budgets.gatewayOverPortkey)] : []),
      ...(seen['litellm'] ? [judge(beside('litellm'), budgets.gatewayOverLiteLlm)] : []),
      judge(
        added((round) => round.one.p50Ms),
        budgets.gatewayAddedAlone,
      ),
      judge(
        added((round) => round.ten.p50Ms),
        budgets.gatewayAddedOfTen,
      ),
      judge(
        of('gateway', (round) => round.eventsPerSecond),
        budgets.gatewayEvents,
      ),
      judge(residentMB, budgets.gatewayResident),
      ...judgeTeam(team),
    ],
    notes: [
      ...rivalNotes,
      ...teamNotes(team),
      'the gateway reaches the origin by one mux, as a front; of nginx and the rivals each request goes there on a connection of its own, and direct the client makes one each time.',
      ...(seen['nginx'] ? [] : ['there is no nginx on this machine: it is left out.']),
    ],
    data: { ways: seen, residentMB, team },
  };
}
