import { expect, it } from 'vitest';

import { detach } from '../detach.ts';
import { ManualClock } from './manual-clock.ts';

it('A manual clock wakes each sleeper when its time has come, again and again', async () => {
  const clock = new ManualClock(1_000);
  const woken: number[] = [];
  const loop = async () => {
    for (;;) {
      await clock.sleep(100);
      woken.push(clock.now());
    }
  };
  detach(loop());
  await clock.advance(250);
  expect(woken).toEqual([1_100, 1_200]);
  expect(clock.monotonicMs()).toBe(250);
});

it('A manual clock rejects a sleep whose signal fires', async () => {
  const stop = new AbortController();
  const sleep = new ManualClock().sleep(100, stop.signal);
  stop.abort(new Error('enough'));
  await expect(sleep).rejects.toThrow('enough');
});

it('A manual clock that jumps wakes no sleeper before time passes', async () => {
  const clock = new ManualClock();
  let isAwake = false;
  detach(clock.sleep(100).then(() => void (isAwake = true)));
  clock.jump(1_000);
  await Promise.resolve();
  expect(isAwake).toBe(false);
  await clock.advance(1);
  expect(isAwake).toBe(true);
});
