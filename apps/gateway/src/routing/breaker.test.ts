import { renderTransitions } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { breakerMachine } from './breaker-table.ts';
import { type BreakerInput, type BreakerState, freshBreaker, isOpenTo, stepBreaker } from './breaker.ts';

const failed = (nowMs: number): BreakerInput => ({ type: 'request.failed', reason: 'reset', nowMs });
const after = (...inputs: BreakerInput[]): BreakerState =>
  inputs.reduce((state, input) => stepBreaker(state, input).state, freshBreaker);

describe('The breaker of an instance', () => {
  it('does in each state what its table says', async () => {
    await expect(renderTransitions(breakerMachine)).toMatchFileSnapshot('breaker.table.md');
  });

  it('opens after three failures in a row, and not when a success lies between', () => {
    expect(isOpenTo(after(failed(0), failed(0), failed(0)), 0)).toBe(false);
    expect(isOpenTo(after(failed(0), failed(0), { type: 'request.succeeded' }, failed(0)), 0)).toBe(true);
  });

  it('never opens for what clients do', () => {
    const dropped = Array.from({ length: 50 }, (): BreakerInput => ({ type: 'request.dropped', nowMs: 0 }));
    expect(after(...dropped)).toBe(freshBreaker);
  });

  it('lets one request try after its pause, and pauses twice as long when that fails', () => {
    const open = after(failed(0), failed(0), failed(0));
    expect(isOpenTo(open, 1_999)).toBe(false);
    expect(isOpenTo(open, 2_000)).toBe(true);
    const probing = stepBreaker(open, { type: 'request.sent', nowMs: 2_000 }).state;
    expect(isOpenTo(probing, 99_000)).toBe(false);
    expect(stepBreaker(probing, failed(3_000)).state).toMatchObject({ status: 'open', untilMs: 7_000 });
    expect(stepBreaker(probing, { type: 'request.succeeded' }).state).toBe(freshBreaker);
  });

  it('never pauses for longer than half a minute', () => {
    const probing: BreakerState = { status: 'probing', opened: 20, reason: 'reset' };
    expect(stepBreaker(probing, failed(0)).state).toMatchObject({ untilMs: 30_000 });
  });
});
