// Asks squeue every few minutes when this job ends, for limits change. Reports; neither keeps the deadline nor decides.

import { type Clock, detach, type Log, repeatTurns } from '@fairlead/kit';
import { parseEndTime } from '../slurm/parse/slurm-time.ts';
import { askSlurm } from './ask-slurm.ts';
import type { JobIdentity } from './job-identity.ts';
import type { AskProgram } from './ask-program.ts';

export interface DeadlineWatchOptions {
  job: Pick<JobIdentity, 'jobId' | 'deadlineMs'>;
  /** The Slurm cluster that the job went to, where the site has several. */
  cluster?: string | undefined;
  /** How often the site lets its queue be asked. */
  pollMs?: number | undefined;
  run: AskProgram;
  clock: Clock;
  random: () => number;
  log: Log;
  /** What the caller has taken from `onChange`: nothing is kept here. */
  known: () => number | undefined;
  /**
   * Called with what the environment says before this function returns, then with each answer that differs from `known`.
   * Undefined: there is no limit.
   */
  onChange: (deadlineMs: number | undefined) => void;
}

const readIntervalMs = 180_000;
const squeueTimeoutMs = 30_000;

/** Runs until aborted. Outside Slurm nothing is asked. */
export function watchDeadline(options: DeadlineWatchOptions, signal: AbortSignal): void {
  const { job, clock, log, random, known, onChange, pollMs = 0 } = options;
  if (job.deadlineMs !== undefined) onChange(job.deadlineMs);

  const turn = async () => {
    const found = await readEndTime(options, signal);
    const foundMs = found === 'none' ? undefined : found;
    if (found !== undefined && foundMs !== known()) {
      const at = foundMs === undefined ? 'none' : new Date(foundMs).toISOString();
      log.info({ op: 'deadline', at }, 'the deadline is known');
      onChange(foundMs);
    }
    const everyMs = Math.max(readIntervalMs, pollMs) * (0.8 + 0.4 * random());
    return Math.max(everyMs, pollMs);
  };

  if (isSlurmJob(job.jobId)) detach(repeatTurns(turn, { op: 'deadline.read', clock, log, signal }));
}

/** Jobs of the local scheduler, and none at all, have ids of another form. */
export function isSlurmJob(jobId: string): boolean {
  return /^\d/.test(jobId);
}

async function readEndTime({ job, cluster, run }: DeadlineWatchOptions, signal: AbortSignal) {
  const question = { program: 'squeue', args: ['-h', '-j', job.jobId, '-o', '%e'], cluster } as const;
  // An older Slurm ignores SLURM_TIME_FORMAT and prints the local time of TZ.
  const env = { SLURM_TIME_FORMAT: '%s', TZ: 'UTC' };
  const text = await askSlurm(run, question, { env, timeoutMs: squeueTimeoutMs, signal });
  return text === undefined ? undefined : parseEndTime(text);
}
