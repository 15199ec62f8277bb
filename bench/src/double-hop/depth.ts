// What hundreds of streams cost the way: processor time a token, delay, the highest rate, memory. Against OpenSSH's best, with a session channel.

import { setTimeout as delay } from 'node:timers/promises';

import { budgets } from '../harness/budgets.ts';
import { judge, type Judged } from '../harness/judge.ts';
import type { ProcessUse } from '../harness/processes.ts';
import { median } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';
import type { Paced } from './load-paced.ts';
import type { Ways } from './open-ways.ts';
import { programOf, spentOnTheWay, useOf } from './way-use.ts';

export interface DepthOptions {
  streams: number;
  /** For the memory of the near end. */
  manyStreams: number;
  readers: number;
  /** Between two tokens of a stream, from slow to fast, until they are late. */
  pacesMs: readonly number[];
  rounds: number;
  seconds: number;
  say: (line: string) => void;
}

export const depthWays = ['openssh-session', 'fairlead-mux', 'sdk-mux'] as const;
export type DepthWay = (typeof depthWays)[number];

/** The figures of one way in one round. */
export interface DepthRound {
  /** Processor seconds of the way for a token. */
  cpuInStep: number;
  cpuNotInStep: number;
  delayNotInStepMs: { p50: number; p99: number };
  /** The highest rate whose tokens are at most 100 ms late (p99), tokens/s. */
  ceiling: number;
  /** Of the near end's process. NaN where that is the client. */
  nearMB: number;
  nearOfManyMB: number;
  /** What the bastion's sshd processes hold more, in all, while readers stall. NaN where there is no local port. */
  stalledSshdMB: number;
}

export type DepthRounds = Readonly<Record<DepthWay, readonly DepthRound[]>>;

const lateMs = 100;

export async function measureDepth(ways: Ways, options: DepthOptions): Promise<DepthRounds> {
  const seen: Record<DepthWay, DepthRound[]> = { 'openssh-session': [], 'fairlead-mux': [], 'sdk-mux': [] };
  for (let round = 0; round < options.rounds; round++)
    for (const way of depthWays) {
      options.say(`${options.streams} streams in depth: round ${round + 1} of ${options.rounds}, ${way}`);
      seen[way].push(await measureOne(ways, way, options));
    }
  return seen;
}

async function measureOne(ways: Ways, way: DepthWay, options: DepthOptions): Promise<DepthRound> {
  const { streams, manyStreams, pacesMs, seconds } = options;
  const load = { way, streams, seconds };
  const inStep = await underLoad(ways, way, { ...load, paceMs: pacesMs[0]!, inStep: true });
  const notInStep = await underLoad(ways, way, { ...load, paceMs: pacesMs[0]!, inStep: false });
  // At 2,000 streams OpenSSH's listener takes 128 connections at a time: it has no figure.
  const many =
    way === 'fairlead-mux'
      ? await underLoad(ways, way, { ...load, streams: manyStreams, paceMs: pacesMs[0]! * 5, inStep: false })
      : undefined;
  return {
    cpuInStep: inStep.cpu,
    cpuNotInStep: notInStep.cpu,
    delayNotInStepMs: notInStep.paced.delayMs,
    ceiling: await ceilingOf(ways, way, options),
    nearMB: notInStep.nearMB,
    nearOfManyMB: many?.nearMB ?? Number.NaN,
    stalledSshdMB: way === 'sdk-mux' ? Number.NaN : await stalledOf(ways, way, options.readers),
  };
}

interface UnderLoad {
  paced: Paced;
  cpu: number;
  nearMB: number;
}

async function underLoad(
  ways: Ways,
  way: DepthWay,
  given: { way: DepthWay; streams: number; paceMs: number; inStep: boolean; seconds: number },
): Promise<UnderLoad> {
  const before = await ways.processes();
  const paced = await ways.load.order('paced', given);
  const after = await ways.processes();
  await ways.idle();
  const nearMB = Math.max(...nearEndsOf(way, after).map(({ residentMB }) => residentMB), Number.NEGATIVE_INFINITY);
  return {
    paced,
    cpu: spentOnTheWay(useOf(before, after)) / paced.allTokens,
    nearMB: Number.isFinite(nearMB) ? nearMB : Number.NaN,
  };
}

function nearEndsOf(way: DepthWay, all: readonly ProcessUse[]): ProcessUse[] {
  if (way !== 'fairlead-mux') return [];
  return all.filter(({ argv }) => programOf(argv) === 'connect' && !argv.includes('--no-mux'));
}

async function ceilingOf(ways: Ways, way: DepthWay, { streams, pacesMs, seconds }: DepthOptions): Promise<number> {
  let ceiling = 0;
  for (const paceMs of pacesMs) {
    const paced = await ways.load.order('paced', { way, streams, paceMs, inStep: false, seconds });
    await ways.idle();
    if (paced.delayMs.p99 > lateMs || paced.failures > 0) break;
    ceiling = paced.tokensPerSecond;
  }
  return ceiling;
}

/** How long what the readers do not take has to arrive where it stays. */
const settleMs = 1_000;

async function stalledOf(ways: Ways, way: DepthWay, readers: number): Promise<number> {
  const before = sshdMB(await ways.processes());
  await ways.load.order('stall', { way, readers });
  await delay(settleMs);
  const held = sshdMB(await ways.processes()) - before;
  await ways.load.order('leave', { way });
  await ways.idle();
  return held;
}

function sshdMB(all: readonly ProcessUse[]): number {
  return all.filter(({ argv }) => argv.startsWith('sshd')).reduce((sum, { residentMB }) => sum + residentMB, 0);
}

export function depthVerdicts(rounds: DepthRounds): Judged[] {
  const ratios = (way: DepthWay, read: (round: DepthRound) => number) =>
    rounds[way].map((round, at) => read(round) / read(rounds['openssh-session'][at]!));
  const mux = rounds['fairlead-mux'];
  return [
    judge(
      ratios('fairlead-mux', ({ cpuInStep }) => cpuInStep),
      budgets.cpuInStep,
    ),
    judge(
      ratios('fairlead-mux', ({ cpuNotInStep }) => cpuNotInStep),
      budgets.cpuNotInStep,
    ),
    judge(
      ratios('fairlead-mux', ({ delayNotInStepMs }) => delayNotInStepMs.p50),
      budgets.delayNotInStep,
    ),
    judge(
      ratios('fairlead-mux', ({ ceiling }) => ceiling),
      budgets.ceiling,
    ),
    judge(
      ratios('sdk-mux', ({ cpuInStep }) => cpuInStep),
      budgets.sdkCpu,
    ),
    judge(
      ratios('sdk-mux', ({ ceiling }) => ceiling),
      budgets.sdkCeiling,
    ),
    judge(
      mux.map(({ nearMB }) => nearMB),
      budgets.connectOf500,
    ),
    judge(
      mux.map(({ nearOfManyMB }) => nearOfManyMB),
      budgets.connectOf2000,
    ),
  ];
}

export function depthTable(rounds: DepthRounds, { streams, manyStreams, readers }: DepthOptions): Table {
  return {
    title: `double-hop in depth, ${streams} streams (medians of the rounds; CPU of the way, µs a token; MB resident)`,
    columns: [
      'way',
      'CPU in step',
      'not in step',
      'delay p50 ms',
      'p99',
      'ceiling tokens/s',
      'connect MB',
      `of ${manyStreams}`,
      `sshd, ${readers} stalled`,
    ],
    rows: depthWays.map((way) => {
      const of = (read: (round: DepthRound) => number) => figure(median(rounds[way].map(read)));
      return [
        way,
        of(({ cpuInStep }) => cpuInStep * 1e6),
        of(({ cpuNotInStep }) => cpuNotInStep * 1e6),
        of(({ delayNotInStepMs }) => delayNotInStepMs.p50),
        of(({ delayNotInStepMs }) => delayNotInStepMs.p99),
        of(({ ceiling }) => ceiling),
        of(({ nearMB }) => nearMB),
        of(({ nearOfManyMB }) => nearOfManyMB),
        of(({ stalledSshdMB }) => stalledSshdMB),
      ];
    }),
  };
}
