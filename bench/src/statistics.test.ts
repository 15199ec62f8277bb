import { describe, expect, it } from 'vitest';

import { judge, quantile } from './statistics.ts';

describe('A quantile', () => {
  it.each([
    [[3, 1, 2], 0.5, 2],
    [[1, 2], 0.5, 1.5],
    [[5], 0.99, 5],
    [[], 0.5, Number.NaN],
  ])('of %j at %d is %d', (samples, share, value) => expect(quantile(samples, share)).toBe(value));
});

describe('A verdict', () => {
  it.each([
    [[0.5, 0.9], 'pass'],
    [[1.1, 1.5], 'fail'],
    [[0.9, 1.1], 'within noise'],
  ] as const)('on %j against 1 is %s', (ratios, verdict) => expect(judge(ratios, 1)).toBe(verdict));
});
