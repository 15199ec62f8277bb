import { expect, it } from 'vitest';

import { ManualClock } from './testing.ts';
import { openTimeLimit } from './time-limit.ts';

it('A time limit fires when its time is over', async () => {
  const clock = new ManualClock();
  using limit = openTimeLimit(clock, 1_000, () => new Error('too slow'));
  await clock.advance(999);
  expect(limit.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(limit.signal.reason).toEqual(new Error('too slow'));
});

it('A time limit that was disposed does not fire', async () => {
  const clock = new ManualClock();
  const limit = openTimeLimit(clock, 1_000);
  limit[Symbol.dispose]();
  await clock.advance(2_000);
  expect(limit.signal.aborted).toBe(false);
});
