import { describe, expect, it } from 'vitest';

import { type Round, type Rounds, rowsOf, tableOf, verdictsOf, measuredWays } from './rows.ts';

function round(firstMs: number, tokensPerSecond = 100, gapP99Ms = 20, perSecond = 100): Round {
  return {
    ttfbNewMs: { p50: firstMs, p99: firstMs * 2 },
    ttfbKeptMs: { p50: firstMs / 2, p99: firstMs },
    ttfbBurstMs: { p50: firstMs * 3, p99: firstMs * 4 },
    tokensPerSecond,
    gapP99Ms,
    bulkMBPerSecond: 50,
    cpuSecondsPerToken: 1e-4,
    wayCpuSecondsPerToken: 1 / perSecond,
    requestsPerSecond: perSecond,
    failures: 1,
  };
}

const five = (...given: Parameters<typeof round>) => Array.from({ length: 5 }, () => round(...given));
const rounds: Rounds = {
  direct: five(1, 1000, 20),
  openssh: five(5, 200, 40),
  'openssh-session': five(3, 300, 30),
  fairlead: five(3, 250, 24),
  'fairlead-mux': five(2, 400, 24, 400),
  sdk: five(2, 100, 30),
  'sdk-mux': five(1.5, 500, 24, 400),
};

describe('The rows of a number of streams', () => {
  const rows = rowsOf(50, rounds);

  it('are one for each way, with every documented figure', () => {
    expect(rows.map(({ way }) => way)).toEqual([...measuredWays]);
    for (const row of rows)
      expect(row).toMatchObject({
        streams: 50,
        ttfbNewMs: { p50: expect.any(Number), p99: expect.any(Number) },
        ttfbKeptMs: { p50: expect.any(Number), p99: expect.any(Number) },
        ttfbBurstMs: { p50: expect.any(Number), p99: expect.any(Number) },
        requestsPerSecond: expect.any(Number),
        tokensPerSecond: expect.any(Number),
        gapMs: { p99: expect.any(Number) },
        bulkMBPerSecond: expect.any(Number),
        cpuSeconds: expect.any(Number),
        failures: 5,
      });
  });

  it('hold ratios against OpenSSH as typed: of what is added, and of the whole', () => {
    expect(rows.find(({ way }) => way === 'fairlead')?.ratios).toEqual({
      ttfbNewAdded: 0.5,
      ttfbKeptAdded: 0.5,
      ttfbBurstAdded: 0.5,
      tokensPerSecond: 1.25,
      cpuSeconds: 1,
    });
    expect(rows.find(({ way }) => way === 'openssh')?.ratios.ttfbNewAdded).toBe(1);
  });

  it('are shown with their way first', () => {
    expect(tableOf(50, rows).rows.map(([way]) => way)).toEqual([...measuredWays]);
  });
});

describe('The budgets of the double hop', () => {
  it.each([
    [
      1,
      [
        'added time to first byte, new connections, against OpenSSH, 1 at a time',
        "time to first byte, one at a time, against OpenSSH's best",
      ],
    ],
    [
      50,
      [
        'added time to first byte, new connections, against OpenSSH, 50 at a time',
        'the same of 50 that come at once',
        'the same of the slowest of them (p99)',
        "added time to first byte at 50 streams, against OpenSSH's best",
        'p99 gap between tokens at 50 streams, above direct',
        "requests/s of 50 clients at once, against OpenSSH's best",
        "requests/s of 50 clients of the SDK at once, against OpenSSH's best",
      ],
    ],
    [
      500,
      [
        'added time to first byte, new connections, against OpenSSH, 500 at a time',
        'the same of 500 that come at once',
        'the same of the slowest of them (p99)',
        'tokens/s at 500 streams against OpenSSH',
        "requests/s of 500 clients at once, against OpenSSH's best",
        "processor time of the way for a token at 500 streams, against OpenSSH's best",
      ],
    ],
  ])('at %d streams are those of the table, and met here', (streams, names) => {
    const verdicts = verdictsOf(streams, rounds);
    expect(verdicts.map(({ what }) => what)).toEqual(names);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(names.map(() => 'pass'));
  });

  it('are missed by a way that adds more than OpenSSH in every round', () => {
    const slow = { ...rounds, 'fairlead-mux': five(9, 100, 30, 50), 'sdk-mux': five(9, 100, 30, 50) };
    for (const streams of [1, 50, 500])
      expect(new Set(verdictsOf(streams, slow).map(({ verdict }) => verdict))).toEqual(new Set(['fail']));
  });
});
