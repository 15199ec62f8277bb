import { expect, it } from 'vitest';
import { callLater } from './call-later.ts';
import { type Clock, systemClock } from './clock.ts';

it('callLater calls once the time is over, unless its signal fires before', async () => {
  const asked: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      asked.push(ms);
      return systemClock.sleep(0, signal);
    },
  };
  const { signal } = new AbortController();
  const called: string[] = [];
  const last = Promise.withResolvers<void>();
  callLater(() => called.push('aborted'), { clock, afterMs: 7, signal: AbortSignal.abort(new Error('enough')) });
  callLater(() => called.push('first'), { clock, afterMs: 8, signal });
  callLater(last.resolve, { clock, afterMs: 9, signal });
  await last.promise;
  expect({ asked, called }).toEqual({ asked: [7, 8, 9], called: ['first'] });
});
