// Which job this is, as the scheduler's environment says. Pure.

export interface JobIdentity {
  jobId: string;
  /** SLURM_RESTART_COUNT: unset the first time. */
  restart: number;
  deadlineMs?: number;
}

export function readJobIdentity(env: NodeJS.ProcessEnv): JobIdentity {
  const restart = Number.parseInt(env['SLURM_RESTART_COUNT'] ?? '0', 10);
  const endTime = Number(env['SLURM_JOB_END_TIME']);
  return {
    jobId: env['SLURM_JOB_ID'] ?? 'none',
    restart: Number.isInteger(restart) && restart >= 0 ? restart : 0,
    ...(Number.isFinite(endTime) && endTime > 0 ? { deadlineMs: endTime * 1000 } : {}),
  };
}
