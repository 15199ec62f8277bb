import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';
import { createPausableLimit } from './pausable-limit.ts';

function limitOf(clock: ManualClock) {
  return createPausableLimit({ clock, afterMs: 1_000, makeError: () => new Error('too slow') });
}

it('createPausableLimit does not count the time while a person is asked', async () => {
  const clock = new ManualClock();
  using limit = limitOf(clock);
  const { promise, resolve } = Promise.withResolvers<void>();
  const suspended = limit.suspendedDuring(promise);
  await clock.advance(5_000);
  expect(limit.signal.aborted).toBe(false);
  resolve();
  await suspended;
  await clock.advance(1_000);
  expect(limit.signal.reason).toEqual(new Error('too slow'));
});

it('createPausableLimit never fires once it is disposed, also when an answer comes later', async () => {
  const clock = new ManualClock();
  const limit = limitOf(clock);
  const { promise, resolve } = Promise.withResolvers<void>();
  const suspended = limit.suspendedDuring(promise);
  limit[Symbol.dispose]();
  resolve();
  await suspended;
  await clock.advance(1_000);
  expect(limit.signal.aborted).toBe(false);
});
