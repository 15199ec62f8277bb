import { describe, expect, it } from 'vitest';

import { quantile, spreadOf } from './statistics.ts';

describe('A quantile', () => {
  it.each([
    [[3, 1, 2], 0.5, 2],
    [[1, 2], 0.5, 1.5],
    [[5], 0.99, 5],
    [[], 0.5, Number.NaN],
  ])('of %j at %d is %d', (samples, share, value) => expect(quantile(samples, share)).toBe(value));
});

describe('A spread', () => {
  it('has the smallest, the middle and the largest of its samples', () =>
    expect(spreadOf([9, 1, 4])).toEqual({ low: 1, median: 4, high: 9 }));

  it('of no sample is NaN', () =>
    expect(spreadOf([])).toEqual({ low: Number.NaN, median: Number.NaN, high: Number.NaN }));
});
