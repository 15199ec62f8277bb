import { silentLog, systemClock } from '@fairlead/kit';
import { expect, it } from 'vitest';
import type { RunProgram } from '../job/run-program.ts';
import { type DeadlineOptions, watchDeadline } from './watch-deadline.ts';

function watched(options: Partial<DeadlineOptions> & { printed?: string; afterMs?: number }) {
  const near = Promise.withResolvers<number>();
  const changed = Promise.withResolvers<number | undefined>();
  const over = new AbortController();
  const asked: Array<{ argv: readonly string[]; env?: Record<string, string> }> = [];
  const run: RunProgram = async (argv, { env }) => {
    asked.push({ argv, ...(env ? { env } : {}) });
    return options.printed;
  };
  const deadline = watchDeadline(
    {
      jobId: '17',
      drainMs: 1000,
      run,
      clock: systemClock,
      random: () => 0.5,
      log: silentLog,
      onChange: changed.resolve,
      onNear: near.resolve,
      ...options,
    },
    over.signal,
  );
  return { deadline, near: near.promise, changed: changed.promise, asked, over };
}

it('watchDeadline says when the drain is due, from the environment alone', async () => {
  const initialMs = Date.now() + 1000;
  const { near, over } = watched({ initialMs, drainMs: 200 });
  expect(await near).toBe(initialMs);
  expect(Date.now()).toBeGreaterThanOrEqual(initialMs - 205);
  over.abort();
});

it('watchDeadline leaves a short job most of its time', async () => {
  const initialMs = Date.now() + 1000;
  const { near, over } = watched({ initialMs, drainMs: 60_000 });
  await near;
  expect(Date.now()).toBeGreaterThanOrEqual(initialMs - 255);
  over.abort();
});

it('watchDeadline believes squeue over the environment, for limits change', async () => {
  const seconds = Math.floor(Date.now() / 1000) + 500;
  const { changed, deadline, asked, over } = watched({ initialMs: Date.now() + 5_000, printed: `${seconds}\n` });
  expect(await changed).toBe(seconds * 1000);
  expect(deadline.deadlineMs).toBe(seconds * 1000);
  expect(asked[0]).toEqual({ argv: ['squeue', '-a', '-h', '-j', '17', '-o', '%e'], env: { SLURM_TIME_FORMAT: '%s' } });
  over.abort();
});

it('watchDeadline asks in the cluster of the job, and as it is typed there where that has no answer', async () => {
  const seconds = Math.floor(Date.now() / 1000) + 500;
  const asked: Array<readonly string[]> = [];
  const run: RunProgram = async (argv) => {
    asked.push(argv);
    return argv.includes('-M') ? undefined : `${seconds}\n`;
  };
  const { changed, over } = watched({ initialMs: Date.now() + 5_000, cluster: 'nautilus', run });
  expect(await changed).toBe(seconds * 1000);
  expect(asked).toEqual([
    ['squeue', '-a', '-M', 'nautilus', '-h', '-j', '17', '-o', '%e'],
    ['squeue', '-a', '-h', '-j', '17', '-o', '%e'],
  ]);
  over.abort();
});

it('watchDeadline forgets the deadline when the limit was lifted, and no drain begins at the old one', async () => {
  const near: number[] = [];
  const initialMs = Date.now() + 60_000;
  let nowMs = initialMs - 60_000;
  let looks = 0;
  const looked = Promise.withResolvers<void>();
  const { changed, deadline, over } = watched({
    initialMs,
    clock: {
      ...systemClock,
      now: () => nowMs,
      async sleep(_ms, signal) {
        if (nowMs > initialMs && (looks += 1) > 3) looked.resolve();
        await systemClock.sleep(1, signal);
      },
    },
    printed: 'NONE\n',
    onNear: (deadlineMs) => near.push(deadlineMs),
  });
  expect(await changed).toBeUndefined();
  expect(deadline.deadlineMs).toBeUndefined();
  nowMs = initialMs + 1;
  await looked.promise;
  expect(near).toEqual([]);
  over.abort();
});

it('watchDeadline goes on when a turn of its loops throws', async () => {
  const calls: string[] = [];
  const asked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const { over } = watched({
    initialMs: Date.now(),
    clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(5, signal) },
    run: async () => {
      calls.push('run');
      if (calls.filter((call) => call === 'run').length === 1) throw new Error('spawn EAGAIN');
      asked.resolve();
      return undefined;
    },
    onNear: () => {
      calls.push('near');
      if (calls.filter((call) => call === 'near').length === 1) throw new Error('a listener failed');
      told.resolve();
    },
  });
  await Promise.all([asked.promise, told.promise]);
  over.abort(new Error('the test is over'));
});

it('watchDeadline asks nobody outside Slurm', async () => {
  const { near, asked, over } = watched({ jobId: 'local-1', initialMs: Date.now() });
  await near;
  expect(asked).toEqual([]);
  over.abort();
});
