import { describe, expect, it } from 'vitest';

import { type DistantRound, type DistantRounds, rowsOf, tablesOf, verdictsOf } from './rows.ts';

function five(firstMs: number, delayMs: number): DistantRound[] {
  return Array.from({ length: 5 }, () => ({
    roundTripMs: 40,
    aloneMs: { p50: firstMs, p99: firstMs * 2 },
    amongMs: { p50: firstMs + 1, p99: firstMs * 2 },
    delayMs: { p50: delayMs / 2, p99: delayMs },
    bulkMBPerSecond: 10,
    failures: 1,
  }));
}

const rounds: DistantRounds = {
  direct: five(1, 20),
  openssh: five(85, 600),
  'openssh-session': five(84, 500),
  fairlead: five(45, 650),
  'fairlead-mux': five(43, 40),
};

describe('The rows of a distance', () => {
  it('show what each way adds to direct in round trips, and the delay beside OpenSSH', () => {
    const row = rowsOf(rounds).find(({ way }) => way === 'fairlead-mux');
    expect(row).toMatchObject({ aloneRoundTrips: 1.05, delayOfOpenSsh: 40 / 600, failures: 5 });
    expect(tablesOf(rowsOf(rounds))[1]?.rows.at(-1)).toEqual(['fairlead-mux', '20.0', '40.0', '0.07', '10.0']);
  });

  it('are judged by the way that users have without a flag', () => {
    expect(verdictsOf(rounds).map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    const swapped = { ...rounds, 'fairlead-mux': rounds.openssh, fairlead: rounds['fairlead-mux'] };
    expect(verdictsOf(swapped).map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
  });
});
