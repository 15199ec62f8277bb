// Medians and spreads of samples. Pure.

/** The value below which `share` (0 to 1) of the samples lie, linear between neighbours. NaN of none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export type Verdict = 'pass' | 'fail' | 'within noise';

/** Each round gives one ratio; where the rounds lie on both sides of the bound, they don't decide. */
export function judge(ratios: readonly number[], atMost: number): Verdict {
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  if (high <= atMost) return 'pass';
  return low > atMost ? 'fail' : 'within noise';
}
