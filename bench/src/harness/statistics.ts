// Medians and spreads of samples. Pure.

export interface Spread {
  median: number;
  low: number;
  high: number;
}

/** The value below which `share` (0 to 1) of the samples lie, linear between neighbours. NaN of none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function spreadOf(samples: readonly number[]): Spread {
  return { median: median(samples), low: quantile(samples, 0), high: quantile(samples, 1) };
}
