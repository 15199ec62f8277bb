import { describe, expect, it } from 'vitest';

import { judge } from './judge.ts';

const atMost = { what: 'it', unit: 'x', atMost: 1 };
const atLeast = { what: 'it', unit: 'x', atLeast: 1 };

describe('A verdict', () => {
  it.each([
    ['all within', [0.5, 0.6, 0.7, 0.5, 0.6], 'pass'],
    ['all outside', [1.5, 1.6, 1.7, 1.5, 1.6], 'fail'],
    ['on both sides', [0.9, 1.1, 1, 1, 1], 'within noise'],
    ['within, but by less than the next rounds may differ', [0.6, 0.7, 0.8, 0.9, 0.99], 'within noise'],
    ['outside, but by less than the next rounds may differ', [1.01, 1.2, 1.3, 1.4, 1.5], 'within noise'],
    ['at the bound, all alike', [1, 1, 1, 1, 1], 'pass'],
    ['too few', [0.5, 0.5, 0.5, 0.5], 'not judged'],
    ['one that could not be measured', [0.5, 0.5, Number.NaN, 0.5, 0.5], 'not judged'],
  ] as const)('of an upper bound with rounds %s', (_, samples, verdict) =>
    expect(judge(samples, atMost)).toMatchObject({ verdict, bound: '≤ 1' }),
  );

  it.each([
    ['all within', [1.5, 1.6, 1.7, 1.5, 1.6], 'pass'],
    ['all outside', [0.5, 0.6, 0.7, 0.5, 0.6], 'fail'],
    ['on both sides', [0.9, 1.1, 1, 1, 1], 'within noise'],
  ] as const)('of a lower bound with rounds %s', (_, samples, verdict) =>
    expect(judge(samples, atLeast)).toMatchObject({ verdict, bound: '≥ 1' }),
  );

  it('never turns from pass to fail when a second run differs by at most the spread of the first', () => {
    const first = [0.8, 0.85, 0.9, 0.82, 0.88];
    expect(judge(first, atMost).verdict).toBe('pass');
    for (const by of [-0.1, -0.05, 0.05, 0.1]) {
      const second = first.map((sample) => sample + by);
      expect(judge(second, atMost).verdict).not.toBe('fail');
    }
  });
});
