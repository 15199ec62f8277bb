import { expect, it } from 'vitest';
import { endOwnJob } from './end-own-job.ts';

it('endOwnJob cancels the job in its own cluster, and nothing outside Slurm', async () => {
  const asked: Array<readonly string[]> = [];
  const run = async (argv: readonly string[]) => void asked.push(argv) as undefined;
  await endOwnJob(run, { jobId: '17' });
  await endOwnJob(run, { jobId: '17', cluster: 'nautilus' });
  await endOwnJob(run, { jobId: 'local-1' });
  expect(asked).toEqual([
    ['scancel', '17'],
    ['scancel', '-M', 'nautilus', '17'],
  ]);
});
