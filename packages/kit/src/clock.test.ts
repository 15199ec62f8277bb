import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  it('sleeps, and its monotonic time does not go back', async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleep(2);
    expect(systemClock.monotonicMs()).toBeGreaterThan(before);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  });

  it("rejects with the signal's own reason, also where that has fired before", async () => {
    const reason = new Error('enough');
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const over = new AbortController();
    const sleeping = systemClock.sleep(60_000, over.signal);
    over.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });
});
