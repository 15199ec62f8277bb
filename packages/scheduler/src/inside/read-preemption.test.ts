import { expect, it } from 'vitest';
import type { AskProgram } from './ask-program.ts';
import { readPreemption } from './read-preemption.ts';

const { signal } = new AbortController();

/** As Slurm 22.05 prints a job that it has begun to preempt with 15 s of grace. */
const preempted =
  'JobId=17 JobName=probe.sh JobState=RUNNING Reason=None TimeLimit=00:10:00 SubmitTime=1796070756 StartTime=1796070758 EndTime=1796070774 Deadline=N/A PreemptEligibleTime=1796070758 PreemptTime=1796070759 SuspendTime=None Partition=graceful';

it('readPreemption tells when a job ends that Slurm preempts, and nothing of another', async () => {
  const asked: unknown[] = [];
  const saying = (text: string | undefined): AskProgram => {
    return async (argv, { env }) => {
      asked.push({ argv, env });
      return text;
    };
  };
  expect(await readPreemption(saying(preempted), { jobId: '17' }, signal)).toEqual({ endMs: 1_796_070_774_000 });
  expect(asked).toEqual([
    {
      argv: ['scontrol', '-a', '-o', 'show', 'job', '17'],
      env: { SLURM_TIME_FORMAT: '%s', TZ: 'UTC' },
    },
  ]);
  const other = preempted.replace('PreemptTime=1796070759', 'PreemptTime=None');
  expect(await readPreemption(saying(other), { jobId: '17' }, signal)).toBeUndefined();
  expect(await readPreemption(saying(undefined), { jobId: '17' }, signal)).toBeUndefined();
  const endless = preempted.replace('EndTime=1796070774', 'EndTime=Unknown');
  expect(await readPreemption(saying(endless), { jobId: '17' }, signal)).toEqual({});
  expect(await readPreemption(saying(preempted), { jobId: 'local-1' }, signal)).toBeUndefined();
});
