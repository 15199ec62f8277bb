// Asks Slurm about a job and submits it, with Slurm's own words where it refuses.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path/posix';

import { CodedError, errorText } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { Run } from '../machine.ts';
import { jobDirOf } from '../cluster-paths.ts';
import type { Site } from '../site/open-site.ts';
import { jobName } from './job-files.ts';

/** `sbatch --test-only`: finds a wrong account, partition or resource before anything is recorded. */
export async function testJob(site: Site, script: string, signal: AbortSignal): Promise<void> {
  const scriptPath = join(site.paths.state, 'test-only', `${randomUUID()}.sh`);
  await site.host.upload(Buffer.from(script), scriptPath, { mode: 0o600, signal });
  try {
    const answer = await site.scheduler.testOnly(
      { name: 'fl-test-only', scriptPath, workDir: site.paths.state },
      signal,
    );
    if (answer.ok) return;
    throw new CodedError<LaunchErrorCode>(
      'submit_refused',
      `cannot deploy on ${site.cluster.name} because the scheduler would refuse the job: ${answer.message}`,
      {
        hint: answer.hint,
      },
    );
  } finally {
    // Not under the signal: an interrupt must not leave the file behind.
    await site.host.runner.run(['rm', '-f', scriptPath]);
  }
}

export async function submitJob(
  site: Site,
  job: { deployment: string; instance: string },
  tell: Run['tell'],
): Promise<string> {
  const workDir = jobDirOf(site.paths, job.instance);
  const { jobId, cluster } = await site.scheduler.submit({
    name: jobName(job.deployment, job.instance),
    scriptPath: join(workDir, 'job.sh'),
    workDir,
  });
  const problem = cluster === undefined ? undefined : await site.jobClusters?.remember(job.instance, cluster);
  if (problem !== undefined)
    tell({
      type: 'warning',
      message: `could not note that Slurm cluster ${cluster} took job ${jobId} (${errorText(problem)}): set slurm.cluster: ${cluster}, so that later commands find it`,
    });
  return jobId;
}
