// Whether Slurm preempts this job: where a site has it so (preempt_send_user_signal), it sends the job's own warning signal first, and
// ends the job after the grace time.

import { parseScontrolShowJob } from '../slurm/parse/parse-scontrol.ts';
import { askSlurm } from './ask-slurm.ts';
import type { AskProgram } from './ask-program.ts';
import { isSlurmJob } from './watch-deadline.ts';

/** A warned job has seconds: what Slurm does not answer by then is not waited for. */
const scontrolTimeoutMs = 3_000;

export interface Preemption {
  /** When the job ends. Absent: Slurm does not say. */
  endMs?: number;
}

/** Undefined outside Slurm, for a job that is not preempted, and where Slurm does not answer in time. */
export async function readPreemption(
  run: AskProgram,
  { jobId, cluster }: { jobId: string; cluster?: string | undefined },
  signal: AbortSignal,
): Promise<Preemption | undefined> {
  if (!isSlurmJob(jobId)) return undefined;
  const question = { program: 'scontrol', args: ['-o', 'show', 'job', jobId], cluster } as const;
  // An older Slurm ignores SLURM_TIME_FORMAT and prints the local time of TZ.
  const env = { SLURM_TIME_FORMAT: '%s', TZ: 'UTC' };
  const text = await askSlurm(run, question, { env, timeoutMs: scontrolTimeoutMs, signal });
  const job = text === undefined ? undefined : parseScontrolShowJob(text);
  if (job?.preemptMs === undefined) return undefined;
  return job.endMs === undefined ? {} : { endMs: job.endMs };
}
