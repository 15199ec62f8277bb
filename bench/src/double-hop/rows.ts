// Makes the rows of the tables from the figures of the rounds: one row for each way and number of streams, ratios against OpenSSH as typed. Pure.

import { budgets } from '../harness/budgets.ts';
import { type Judged, judge } from '../harness/judge.ts';
import { median } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';

export const measuredWays = [
  'direct',
  'openssh',
  'openssh-session',
  'fairlead',
  'fairlead-mux',
  'sdk',
  'sdk-mux',
] as const;
export type WayName = (typeof measuredWays)[number];

/** The figures of one way in one round. */
export interface Round {
  ttfbNewMs: { p50: number; p99: number };
  ttfbKeptMs: { p50: number; p99: number };
  /** Requests that begin at the same moment. NaN with one stream, where it is not measured. */
  ttfbBurstMs: { p50: number; p99: number };
  tokensPerSecond: number;
  gapP99Ms: number;
  /** NaN where it is not measured at this number of streams. */
  bulkMBPerSecond: number;
  /** CPU time of all processes together for one token. */
  cpuSecondsPerToken: number;
  /** The same without engine and client. */
  wayCpuSecondsPerToken: number;
  /** Of clients that ask again as soon as they are answered. */
  requestsPerSecond: number;
  failures: number;
}

export interface Row {
  way: WayName;
  streams: number;
  ttfbNewMs: { p50: number; p99: number };
  ttfbKeptMs: { p50: number; p99: number };
  ttfbBurstMs: { p50: number; p99: number };
  requestsPerSecond: number;
  tokensPerSecond: number;
  gapMs: { p99: number };
  bulkMBPerSecond: number;
  cpuSeconds: number;
  failures: number;
  /** Ratios against OpenSSH as typed in the same round, the median of the rounds: of the whole figure, except for `added`. */
  ratios: {
    ttfbNewAdded: number;
    ttfbKeptAdded: number;
    ttfbBurstAdded: number;
    tokensPerSecond: number;
    cpuSeconds: number;
  };
}

export type Rounds = Readonly<Record<WayName, readonly Round[]>>;

export function rowsOf(streams: number, rounds: Rounds): Row[] {
  return measuredWays.map((way) => {
    const of = (read: (round: Round) => number) => median(rounds[way].map(read));
    return {
      way,
      streams,
      ttfbNewMs: { p50: of(({ ttfbNewMs }) => ttfbNewMs.p50), p99: of(({ ttfbNewMs }) => ttfbNewMs.p99) },
      ttfbKeptMs: { p50: of(({ ttfbKeptMs }) => ttfbKeptMs.p50), p99: of(({ ttfbKeptMs }) => ttfbKeptMs.p99) },
      ttfbBurstMs: { p50: of(({ ttfbBurstMs }) => ttfbBurstMs.p50), p99: of(({ ttfbBurstMs }) => ttfbBurstMs.p99) },
      requestsPerSecond: of(({ requestsPerSecond }) => requestsPerSecond),
      tokensPerSecond: of(({ tokensPerSecond }) => tokensPerSecond),
      gapMs: { p99: of(({ gapP99Ms }) => gapP99Ms) },
      bulkMBPerSecond: of(({ bulkMBPerSecond }) => bulkMBPerSecond),
      cpuSeconds: of(({ cpuSecondsPerToken }) => cpuSecondsPerToken),
      failures: rounds[way].reduce((sum, { failures }) => sum + failures, 0),
      ratios: {
        ttfbNewAdded: median(addedRatios(rounds, { way }, ({ ttfbNewMs }) => ttfbNewMs.p50)),
        ttfbKeptAdded: median(addedRatios(rounds, { way }, ({ ttfbKeptMs }) => ttfbKeptMs.p50)),
        ttfbBurstAdded: median(addedRatios(rounds, { way }, ({ ttfbBurstMs }) => ttfbBurstMs.p50)),
        tokensPerSecond: median(plainRatios(rounds, { way }, ({ tokensPerSecond }) => tokensPerSecond)),
        cpuSeconds: median(plainRatios(rounds, { way }, ({ cpuSecondsPerToken }) => cpuSecondsPerToken)),
      },
    };
  });
}

interface Compared {
  way: WayName;
  /** Absent: OpenSSH as typed. */
  against?: WayName;
}

type Read = (round: Round) => number;

/** For each round: what the way adds to direct, divided by what the other one adds. */
function addedRatios(rounds: Rounds, { way, against = 'openssh' }: Compared, read: Read): number[] {
  return rounds[way].map((round, at) => {
    const [direct, other] = [rounds.direct[at], rounds[against][at]];
    if (!direct || !other) return Number.NaN;
    return (read(round) - read(direct)) / (read(other) - read(direct));
  });
}

function plainRatios(rounds: Rounds, { way, against = 'openssh' }: Compared, read: Read): number[] {
  return rounds[way].map((round, at) => {
    const other = rounds[against][at];
    return other ? read(round) / read(other) : Number.NaN;
  });
}

/** What `deploy` and `connect` give without a flag. */
const ours: Compared = { way: 'fairlead-mux' };
const best = 'openssh-session';

/** The budgets for this number of streams. */
export function verdictsOf(streams: number, rounds: Rounds): Judged[] {
  const firstByte = { ...budgets.addedFirstByte, what: `${budgets.addedFirstByte.what}, ${streams} at a time` };
  const added = (read: Read) => addedRatios(rounds, ours, read);
  const verdicts = [
    judge(
      added(({ ttfbNewMs }) => ttfbNewMs.p50),
      firstByte,
    ),
  ];
  if (streams > 1)
    verdicts.push(
      judge(
        added(({ ttfbBurstMs }) => ttfbBurstMs.p50),
        { ...firstByte, what: `the same of ${streams} that come at once` },
      ),
      judge(
        added(({ ttfbBurstMs }) => ttfbBurstMs.p99),
        { ...firstByte, what: `the same of the slowest of them (p99)` },
      ),
    );
  return [...verdicts, ...(verdictsAt[streams]?.(rounds) ?? [])];
}

const toBest = (rounds: Rounds, read: Read, way: WayName = ours.way) =>
  plainRatios(rounds, { way, against: best }, read);
const requestsPerSecond: Read = (round) => round.requestsPerSecond;

const verdictsAt: Readonly<Record<number, (rounds: Rounds) => Judged[]>> = {
  1: (rounds) => [
    judge(
      toBest(rounds, ({ ttfbNewMs }) => ttfbNewMs.p50),
      budgets.firstByteAlone,
    ),
  ],
  50: (rounds) => [
    judge(
      addedRatios(rounds, { ...ours, against: best }, ({ ttfbNewMs }) => ttfbNewMs.p50),
      budgets.firstByteOfBest,
    ),
    judge(addedGaps(rounds), budgets.addedGap),
    judge(toBest(rounds, requestsPerSecond), budgets.againOf50),
    judge(toBest(rounds, requestsPerSecond, 'sdk-mux'), budgets.sdkAgainOf50),
  ],
  500: (rounds) => [
    judge(
      plainRatios(rounds, ours, ({ tokensPerSecond }) => tokensPerSecond),
      budgets.tokensPerSecond,
    ),
    judge(toBest(rounds, requestsPerSecond), budgets.againOf500),
    judge(
      toBest(rounds, ({ wayCpuSecondsPerToken }) => wayCpuSecondsPerToken),
      budgets.wayCpuOfBest,
    ),
  ],
};

function addedGaps(rounds: Rounds): number[] {
  return rounds[ours.way].map(({ gapP99Ms }, at) => gapP99Ms - (rounds.direct[at]?.gapP99Ms ?? Number.NaN));
}

export function tableOf(streams: number, rows: readonly Row[]): Table {
  return {
    title: `double-hop, ${streams} ${streams === 1 ? 'stream' : 'streams'} at a time (ms; medians of the rounds)`,
    columns: [
      'way',
      'new p50',
      'p99',
      'kept p50',
      'p99',
      'at once p50',
      'p99',
      'again/s',
      'tokens/s',
      'gap p99',
      'MB/s',
      'CPU µs/token',
      'added/OpenSSH',
    ],
    rows: rows.map((row) => [
      row.way,
      figure(row.ttfbNewMs.p50),
      figure(row.ttfbNewMs.p99),
      figure(row.ttfbKeptMs.p50),
      figure(row.ttfbKeptMs.p99),
      figure(row.ttfbBurstMs.p50),
      figure(row.ttfbBurstMs.p99),
      figure(row.requestsPerSecond),
      figure(row.tokensPerSecond),
      figure(row.gapMs.p99),
      figure(row.bulkMBPerSecond),
      figure(row.cpuSeconds * 1e6),
      figure(row.ratios.ttfbNewAdded),
    ]),
  };
}
