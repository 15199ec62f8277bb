import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const policy = { baseMs: 100, maxMs: 5_000 };

describe('backoffMs', () => {
  it('doubles its upper bound with each attempt, up to the limit', () => {
    const bounds = [0, 1, 2, 5, 6, 1_000].map((attempt) => backoffMs(policy, attempt, 1));
    expect(bounds).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
  });

  it('takes its wait from between the lower bound and that one', () => {
    expect(backoffMs(policy, 1, 0)).toBe(0);
    expect(backoffMs({ ...policy, minMs: 50 }, 1, 0)).toBe(50);
    expect(backoffMs({ ...policy, minMs: 50 }, 1, 0.5)).toBe(125);
  });

  it('never waits longer than the limit, whatever the lower bound says', () => {
    expect(backoffMs({ baseMs: 10, maxMs: 20, minMs: 1_000 }, 9, 0.5)).toBe(20);
  });
});
