// The tables and verdicts of `bench distance`, from the figures of its rounds. Pure.

import { budgets } from '../harness/budgets.ts';
import { judge, type Judged } from '../harness/judge.ts';
import { median } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';

export const distantWays = ['direct', 'openssh', 'openssh-session', 'fairlead', 'fairlead-mux'] as const;
export type DistantWay = (typeof distantWays)[number];

/** The figures of one way in one round, in milliseconds. */
export interface DistantRound {
  /** What the relay itself takes to there and back, in the same round. */
  roundTripMs: number;
  /** One request after the other. */
  aloneMs: { p50: number; p99: number };
  /** About 500 new requests a second beside 50 streams. */
  amongMs: { p50: number; p99: number };
  /** Of tokens beside bulk, on a narrow link, with what the distance takes. */
  delayMs: { p50: number; p99: number };
  bulkMBPerSecond: number;
  failures: number;
}

export type DistantRounds = Readonly<Record<DistantWay, readonly DistantRound[]>>;

export interface DistantRow {
  way: DistantWay;
  aloneMs: { p50: number; p99: number };
  /** Beyond direct, in round trips. */
  aloneRoundTrips: number;
  amongMs: { p50: number; p99: number };
  delayMs: { p50: number; p99: number };
  /** Of the p99, against OpenSSH as typed. */
  delayOfOpenSsh: number;
  bulkMBPerSecond: number;
  failures: number;
}

export function rowsOf(rounds: DistantRounds): DistantRow[] {
  return distantWays.map((way) => {
    const of = (read: (round: DistantRound) => number) => median(rounds[way].map(read));
    return {
      way,
      aloneMs: { p50: of(({ aloneMs }) => aloneMs.p50), p99: of(({ aloneMs }) => aloneMs.p99) },
      aloneRoundTrips: median(roundTrips(rounds, way)),
      amongMs: { p50: of(({ amongMs }) => amongMs.p50), p99: of(({ amongMs }) => amongMs.p99) },
      delayMs: { p50: of(({ delayMs }) => delayMs.p50), p99: of(({ delayMs }) => delayMs.p99) },
      delayOfOpenSsh: median(delayRatios(rounds, way)),
      bulkMBPerSecond: of(({ bulkMBPerSecond }) => bulkMBPerSecond),
      failures: rounds[way].reduce((sum, { failures }) => sum + failures, 0),
    };
  });
}

export function verdictsOf(rounds: DistantRounds): Judged[] {
  return [
    judge(roundTrips(rounds, 'fairlead-mux'), budgets.distantFirstByte),
    judge(delayRatios(rounds, 'fairlead-mux'), budgets.narrowDelay),
  ];
}

/** For each round: the first byte beyond direct, which is the engine's time. */
function roundTrips(rounds: DistantRounds, way: DistantWay): number[] {
  return rounds[way].map(({ aloneMs, roundTripMs }, at) => {
    const engineMs = rounds.direct[at]?.aloneMs.p50 ?? Number.NaN;
    return (aloneMs.p50 - engineMs) / roundTripMs;
  });
}

function delayRatios(rounds: DistantRounds, way: DistantWay): number[] {
  return rounds[way].map(({ delayMs }, at) => delayMs.p99 / (rounds.openssh[at]?.delayMs.p99 ?? Number.NaN));
}

export function tablesOf(rows: readonly DistantRow[]): Table[] {
  return [
    {
      title: 'distance, 40 ms there and back: first byte (ms; medians of the rounds)',
      columns: ['way', 'alone p50', 'p99', 'beyond direct, round trips', 'beside 50 streams p50', 'p99'],
      rows: rows.map(({ way, aloneMs, aloneRoundTrips, amongMs }) => [
        way,
        figure(aloneMs.p50),
        figure(aloneMs.p99),
        figure(aloneRoundTrips),
        figure(amongMs.p50),
        figure(amongMs.p99),
      ]),
    },
    {
      title:
        'distance, 40 ms and 100 Mbit/s: tokens of 50 streams beside eight bulk bodies (ms; medians of the rounds)',
      columns: ['way', 'delay p50', 'p99', 'p99/OpenSSH', 'bulk MB/s'],
      rows: rows.map(({ way, delayMs, delayOfOpenSsh, bulkMBPerSecond }) => [
        way,
        figure(delayMs.p50),
        figure(delayMs.p99),
        figure(delayOfOpenSsh),
        figure(bulkMBPerSecond),
      ]),
    },
  ];
}
