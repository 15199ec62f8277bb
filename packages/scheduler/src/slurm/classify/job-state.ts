// Sorts Slurm's job states (squeue(1) "JOB STATE CODES", sacct(1)) into the few phases a program acts on.

export type JobPhase =
  | { kind: 'pending' }
  /** The script runs, or is suspended (the raw state says so). */
  | { kind: 'running' }
  /** Its end is decided, its processes are being removed; the outcome is not known yet. */
  | { kind: 'completing' }
  | { kind: 'ended'; outcome: JobOutcome }
  /** A state that this version does not know: wait and look again. */
  | { kind: 'unknown'; raw: string }
  /** Slurm does not know this job any more. */
  | { kind: 'gone' };

export type JobOutcome =
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timeout'
  | 'preempted'
  | 'node_fail'
  | 'out_of_memory'
  | 'deadline'
  | 'boot_fail'
  | 'launch_failed'
  | 'reconfig_fail'
  | 'revoked';

const phases: Record<string, Exclude<JobPhase['kind'], 'ended' | 'unknown' | 'gone'>> = {
  PENDING: 'pending',
  CONFIGURING: 'pending',
  EXPEDITING: 'pending',
  POWER_UP_NODE: 'pending',
  REQUEUED: 'pending',
  REQUEUE_FED: 'pending',
  REQUEUE_HOLD: 'pending',
  RESV_DEL_HOLD: 'pending',
  SPECIAL_EXIT: 'pending',
  RUNNING: 'running',
  RESIZING: 'running',
  SIGNALING: 'running',
  STOPPED: 'running',
  SUSPENDED: 'running',
  COMPLETING: 'completing',
  STAGE_OUT: 'completing',
  UPDATE_DB: 'completing',
};

const outcomes: Record<string, JobOutcome> = {
  BOOT_FAIL: 'boot_fail',
  CANCELLED: 'cancelled',
  COMPLETED: 'completed',
  DEADLINE: 'deadline',
  FAILED: 'failed',
  LAUNCH_FAILED: 'launch_failed',
  NODE_FAIL: 'node_fail',
  OUT_OF_MEMORY: 'out_of_memory',
  PREEMPTED: 'preempted',
  RECONFIG_FAIL: 'reconfig_fail',
  REVOKED: 'revoked',
  TIMEOUT: 'timeout',
};

/** Takes what squeue, sacct (`CANCELLED by 20001`, a cut `CANCELLED+`) and scontrol print. Never throws. */
export function classifyJobState(raw: string): JobPhase {
  const state = /^[A-Z_]+/.exec(raw.trim().toUpperCase())?.[0] ?? '';
  const outcome = Object.hasOwn(outcomes, state) ? outcomes[state] : undefined;
  if (outcome !== undefined) return { kind: 'ended', outcome };
  const phase = Object.hasOwn(phases, state) ? phases[state] : undefined;
  return phase === undefined ? { kind: 'unknown', raw } : { kind: phase };
}
