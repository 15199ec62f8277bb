// Reads the job's id and times from the scheduler's environment variables. Pure.

import { defined } from '@fairlead/kit';

export interface JobIdentity {
  jobId: string;
  /** SLURM_RESTART_COUNT: unset the first time. */
  restart: number;
  /** SLURM_JOB_START_TIME; of this start where the job was requeued. */
  startMs?: number;
  /** SLURM_JOB_END_TIME: what was true at the start; the limit may change. */
  deadlineMs?: number;
}

export function readJobIdentity(env: NodeJS.ProcessEnv): JobIdentity {
  const restart = Number.parseInt(env['SLURM_RESTART_COUNT'] ?? '0', 10);
  return {
    jobId: env['SLURM_JOB_ID'] ?? 'none',
    restart: Number.isInteger(restart) && restart >= 0 ? restart : 0,
    ...defined({
      startMs: readSeconds(env['SLURM_JOB_START_TIME']),
      deadlineMs: readSeconds(env['SLURM_JOB_END_TIME']),
    }),
  };
}

function readSeconds(text: string | undefined): number | undefined {
  const seconds = Number(text);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
