// Judges one budget by the rounds of one run. Pure.

import type { Budget } from './budgets.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** `not judged`: too few rounds to know their spread, as with --quick. */
export type BudgetVerdict = 'pass' | 'fail' | 'within noise' | 'not judged';

export interface Judged extends Spread {
  what: string;
  unit: string;
  bound: string;
  verdict: BudgetVerdict;
  /** One per round. */
  samples: readonly number[];
}

const minRounds = 5;
/**
 * Widens the spread by this share of its width on each side: five rounds see less than the whole spread, and
 * another run must not turn a pass into a fail.
 */
const guardRatio = 0.5;

export function judge(samples: readonly number[], { what, unit, atMost, atLeast }: Budget): Judged {
  const spread = spreadOf(samples);
  const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return { what, unit, bound, ...spread, verdict: verdictOf(samples, spread, { atMost, atLeast }), samples };
}

function verdictOf(
  samples: readonly number[],
  { low, high }: Spread,
  { atMost, atLeast }: Pick<Budget, 'atMost' | 'atLeast'>,
): BudgetVerdict {
  if (samples.length < minRounds || samples.some((sample) => Number.isNaN(sample))) return 'not judged';
  const guard = (high - low) * guardRatio;
  const [lowest, highest] = [low - guard, high + guard];
  if (atMost !== undefined) return highest <= atMost ? 'pass' : lowest > atMost ? 'fail' : 'within noise';
  if (atLeast !== undefined) return lowest >= atLeast ? 'pass' : highest < atLeast ? 'fail' : 'within noise';
  return 'not judged';
}
