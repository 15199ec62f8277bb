import { describe, expect, it } from 'vitest';

import { type DepthRound, type DepthRounds, depthTable, depthVerdicts } from './depth.ts';

const round = (cpu: number, ceiling: number, nearMB = Number.NaN): DepthRound => ({
  cpuInStep: cpu * 1e-6,
  cpuNotInStep: cpu * 1e-6,
  delayNotInStepMs: { p50: cpu / 2, p99: cpu },
  ceiling,
  nearMB,
  nearOfManyMB: nearMB * 1.5,
  stalledSshdMB: cpu,
});
const five = (...given: Parameters<typeof round>) => Array.from({ length: 5 }, () => round(...given));
const rounds: DepthRounds = {
  'openssh-session': five(44, 50_000),
  'fairlead-mux': five(4, 60_000, 100),
  'sdk-mux': five(2, 110_000),
};
const options = { streams: 500, manyStreams: 2_000, readers: 50, pacesMs: [20], rounds: 5, seconds: 1, say: () => {} };

describe('The figures in depth', () => {
  it("are judged against OpenSSH's best, and the memory of connect by itself", () => {
    expect(depthVerdicts(rounds).map(({ verdict }) => verdict)).toEqual(Array.from({ length: 8 }, () => 'pass'));
    const worse = { ...rounds, 'fairlead-mux': five(44, 40_000, 300), 'sdk-mux': five(44, 40_000) };
    expect(depthVerdicts(worse).map(({ verdict }) => verdict)).toEqual(Array.from({ length: 8 }, () => 'fail'));
  });

  it('have a row for each way, with nothing where there is no such process', () => {
    const { rows } = depthTable(rounds, options);
    expect(rows[1]).toEqual(['fairlead-mux', '4.00', '4.00', '2.00', '4.00', '60,000', '100', '150', '4.00']);
    expect(rows[2]?.slice(-3)).toEqual(['-', '-', '2.00']);
  });
});
