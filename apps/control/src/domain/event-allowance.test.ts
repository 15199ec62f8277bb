import { describe, expect, it } from 'vitest';

import { eventBurst, eventIntervalMs, EventAllowance } from './event-allowance.ts';

function takeUntilEmpty(allowance: EventAllowance, atMs: number): number {
  let taken = 0;
  while (allowance.take(atMs)) taken += 1;
  return taken;
}

describe('The allowance of an agent', () => {
  it('takes a burst, and then one event a second', () => {
    const allowance = new EventAllowance(0);
    expect(takeUntilEmpty(allowance, 0)).toBe(eventBurst);
    expect(allowance.take(eventIntervalMs - 1)).toBe(false);
    expect(takeUntilEmpty(allowance, 3 * eventIntervalMs)).toBe(3);
  });

  it('is a burst again after a long silence, and no more', () => {
    const allowance = new EventAllowance(0);
    takeUntilEmpty(allowance, 0);
    expect(takeUntilEmpty(allowance, 1e9)).toBe(eventBurst);
  });

  it('counts what it leaves out, once', () => {
    const allowance = new EventAllowance(0);
    takeUntilEmpty(allowance, 0);
    for (let n = 0; n < 41; n += 1) allowance.take(0);
    expect(allowance.takeLeftOut()).toBe(42);
    expect(allowance.takeLeftOut()).toBe(0);
  });
});
