// Asks Slurm about a job and submits it, with Slurm's own words where it refuses.

import { join } from 'node:path/posix';

import { CodedError } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import { jobDirOf } from '../paths.ts';
import type { Site } from '../site/open-site.ts';
import { jobName } from './job-files.ts';

/** `sbatch --test-only`: finds a wrong account, partition or resource before anything is recorded. */
export async function testJob(site: Site, script: string, signal: AbortSignal): Promise<void> {
  const answer = await site.scheduler.testOnly({ script, workDir: site.host.facts.home }, signal);
  if (answer.ok) return;
  throw new CodedError<CliErrorCode>('submit_refused', `cannot deploy on ${site.cluster.name} because Slurm would refuse the job: ${answer.error.message}`, {
    ...(answer.error.hint === undefined ? {} : { hint: answer.error.hint }),
    cause: answer.error,
  });
}

export async function submitJob(site: Site, job: { deployment: string; instance: string }, signal: AbortSignal): Promise<string> {
  const workDir = jobDirOf(site.paths, job.instance);
  const { jobId } = await site.scheduler.submit({ name: jobName(job.deployment, job.instance), scriptPath: join(workDir, 'job.sh'), workDir }, signal);
  return jobId;
}
