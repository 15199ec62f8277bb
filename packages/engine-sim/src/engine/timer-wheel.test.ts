import { expect, test } from 'vitest';
import { TimerWheel, type WheelJob } from './timer-wheel.ts';

interface NamedJob extends WheelJob {
  name: string;
}

/** A wheel whose runs can be waited for one by one. */
function openWheel() {
  const ran: string[] = [];
  let wake = () => {};
  const wheel = new TimerWheel<NamedJob>((due) => {
    ran.push(...due.map(({ name }) => name));
    wake();
  });
  const until = async (count: number) => {
    while (ran.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  };
  return { wheel, ran, until };
}

test('TimerWheel: runs jobs in the order of their times, not of their arrival', async () => {
  const { wheel, ran, until } = openWheel();
  const now = performance.now();
  wheel.add({ name: 'late' }, now + 30);
  wheel.add({ name: 'early' }, now + 10);
  await until(2);
  expect(ran).toEqual(['early', 'late']);
  expect(performance.now() - now).toBeGreaterThanOrEqual(29);
});

test('TimerWheel: keeps that order when a pause has made them due together', async () => {
  const { wheel, ran, until } = openWheel();
  const now = performance.now();
  wheel.add({ name: 'late' }, now + 6);
  wheel.add({ name: 'early' }, now + 3);
  while (performance.now() < now + 8);
  await until(2);
  expect(ran).toEqual(['early', 'late']);
});

test('TimerWheel: runs a job without a time at once, before one whose time is far off', async () => {
  const { wheel, ran, until } = openWheel();
  const late = { name: 'late' };
  wheel.add(late, performance.now() + 60_000);
  wheel.add({ name: 'at once' }, 0);
  await until(1);
  wheel.remove(late);
  expect(ran).toEqual(['at once']);
});

test('TimerWheel: a removed job does not run, a job added twice runs once', async () => {
  const { wheel, ran, until } = openWheel();
  const now = performance.now();
  const [gone, moved] = [{ name: 'gone' }, { name: 'moved' }];
  wheel.add(gone, now + 5);
  wheel.add(moved, now + 5);
  wheel.add(moved, now + 20);
  wheel.remove(gone);
  wheel.add({ name: 'last' }, now + 30);
  await until(2);
  expect(ran).toEqual(['moved', 'last']);
});

test('TimerWheel: a job may add itself again while it runs', async () => {
  let rounds = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wheel: TimerWheel<WheelJob> = new TimerWheel((due) => {
    rounds += 1;
    if (rounds === 100) resolve();
    else for (const job of due) wheel.add(job, 0);
  });
  wheel.add({}, 0);
  await promise;
  expect(rounds).toBe(100);
});

test('TimerWheel: a closed one runs nothing', async () => {
  const { wheel, ran } = openWheel();
  wheel.add({ name: 'never' }, 0);
  wheel.close();
  const other = openWheel();
  other.wheel.add({ name: 'witness' }, performance.now() + 5);
  await other.until(1);
  expect(ran).toEqual([]);
});
