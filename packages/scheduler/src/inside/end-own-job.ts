// Ends the job that this process is part of, through the scheduler: srun itself waits for a task on a node that it cannot reach.

import type { AskProgram } from './ask-program.ts';
import { isSlurmJob } from './watch-deadline.ts';

const scancelTimeoutMs = 10_000;

/** Resolves when the order was given, or could not be; this process then gets a SIGTERM like every other of the job. Does nothing outside Slurm. */
export async function endOwnJob(
  run: AskProgram,
  { jobId, cluster }: { jobId: string; cluster?: string | undefined },
): Promise<void> {
  if (!isSlurmJob(jobId)) return;
  const where = cluster === undefined ? [] : ['-M', cluster];
  await run(['scancel', ...where, jobId], { timeoutMs: scancelTimeoutMs });
}
