import { silentLog, systemClock } from '@fairlead/kit';
import { expect, it } from 'vitest';
import type { AskProgram } from './ask-program.ts';
import { type DeadlineWatchOptions, watchDeadline } from './watch-deadline.ts';

/** Watches job 17 under a clock whose waits are short; `answer` says what squeue prints at each call. */
function watched(answer: AskProgram, options: Partial<DeadlineWatchOptions> = {}) {
  const told: Array<number | undefined> = [];
  const over = new AbortController();
  watchDeadline(
    {
      job: { jobId: '17', deadlineMs: 5000 },
      run: answer,
      clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(1, signal) },
      random: () => 0.5,
      log: silentLog,
      known: () => told.at(-1),
      onChange: (deadlineMs) => told.push(deadlineMs),
      ...options,
    },
    over.signal,
  );
  return { told, [Symbol.dispose]: () => over.abort(new Error('the test is over')) };
}

it('watchDeadline tells what the environment says at once, and believes squeue over it, for limits change', async () => {
  const asked: unknown[] = [];
  using watch = watched(async (argv, { env }) => {
    asked.push({ argv, env });
    return '1795226370\n';
  });
  expect(watch.told).toEqual([5000]);
  await expect.poll(() => watch.told).toEqual([5000, 1_795_226_370_000]);
  await expect.poll(() => asked.length).toBeGreaterThan(2);
  expect(watch.told).toHaveLength(2);
  expect(asked[0]).toEqual({
    argv: ['squeue', '-a', '-h', '-j', '17', '-o', '%e'],
    env: { SLURM_TIME_FORMAT: '%s', TZ: 'UTC' },
  });
});

it('watchDeadline asks in the cluster of the job, and without a cluster where that has no answer', async () => {
  const asked: Array<readonly string[]> = [];
  const answer: AskProgram = async (argv) => {
    asked.push(argv);
    return argv.includes('-M') ? undefined : '1795226370\n';
  };
  using watch = watched(answer, { cluster: 'nautilus' });
  await expect.poll(() => watch.told).toContain(1_795_226_370_000);
  expect(asked.slice(0, 2)).toEqual([
    ['squeue', '-a', '-M', 'nautilus', '-h', '-j', '17', '-o', '%e'],
    ['squeue', '-a', '-h', '-j', '17', '-o', '%e'],
  ]);
});

it('watchDeadline tells that a limit was lifted, and nothing where squeue does not say', async () => {
  const answers = ['N/A\n', undefined, 'slurm_load_jobs error', 'NONE\n'];
  let calls = 0;
  using watch = watched(async () => answers[Math.min(calls++, 3)]);
  await expect.poll(() => watch.told).toEqual([5000, undefined]);
});

it('watchDeadline goes on when a turn throws, and tells again what a listener threw at', async () => {
  let calls = 0;
  const told: Array<number | undefined> = [];
  let kept: number | undefined;
  using _watch = watched(
    async () => {
      if ((calls += 1) === 1) throw new Error('spawn EAGAIN');
      return 'NONE\n';
    },
    {
      known: () => kept,
      onChange: (deadlineMs) => {
        told.push(deadlineMs);
        if (told.length === 2) throw new Error('a listener failed');
        kept = deadlineMs;
      },
    },
  );
  await expect.poll(() => told).toEqual([5000, undefined, undefined]);
});

it('watchDeadline asks nothing outside Slurm', async () => {
  const asked: unknown[] = [];
  const answer: AskProgram = async (argv) => void asked.push(argv) as undefined;
  using watch = watched(answer, { job: { jobId: 'local-1', deadlineMs: 7 } });
  await systemClock.sleep(0);
  expect({ told: watch.told, asked }).toEqual({ told: [7], asked: [] });
});
