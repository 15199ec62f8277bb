// The port to whatever runs jobs: a Slurm cluster, or this machine. Held to scheduler.contract.ts.

import type { SubmitError } from './slurm/classify/submit-error.ts';
import type { JobPhase } from './slurm/classify/job-state.ts';
import type { PendingReason } from './slurm/classify/pending-reason.ts';
import type { TestOnlyEstimate } from './slurm/parse/parse-sbatch.ts';
import type { SlurmExitCode } from './slurm/parse/exit-code.ts';

export interface Scheduler {
  /**
   * Resolves once the job is accepted. Names are asked for by the caller and unique: a second call with the same name
   * gives the job that the first one made, so a caller that lost an answer may simply call again. Rejects with a
   * CodedError; `submit_uncertain` alone leaves open whether the job exists. `cluster`: which of the site's clusters took
   * it, where Slurm says so; the job is known there alone.
   */
  submit(job: JobSubmission, signal?: AbortSignal): Promise<{ jobId: string; cluster?: string }>;

  /** Whether the request could ever run, and when. Submits nothing. */
  testOnly(job: JobSubmission, signal?: AbortSignal): Promise<TestOnlyResult>;

  /** One entry for every id asked for. Costs one batched query for the living; call it every 15 s at most. */
  observe(jobIds: readonly string[], signal?: AbortSignal): Promise<Map<string, JobObservation>>;

  /** This user's jobs that have not ended and whose name begins so. Rejects when it cannot tell. */
  living(namePrefix: string, signal?: AbortSignal): Promise<JobObservation[]>;

  /** Resolves when the order is given, not when the job has ended. Orders to jobs that are no more do nothing. */
  cancel(jobId: string, how: CancelMode, signal?: AbortSignal): Promise<void>;
}

export interface JobSubmission {
  /** Letters, digits, `.`, `_`, `-`; unique for the instance, such as `fl-<name>-<instanceId>`. */
  name: string;
  /** A rendered job script, readable where the scheduler's commands run. */
  scriptPath: string;
  /** Must exist. */
  workDir: string;
  /** Wins over the script's own limit. */
  timeLimitMinutes?: number;
}

export type TestOnlyResult = ({ ok: true } & TestOnlyEstimate) | ({ ok: false } & SubmitError);

/**
 * drain: USR2 to the script's program alone, a pending job is cancelled. stop: TERM to all its processes, KILL after
 * KillWait. kill: KILL at once here; Slurm (tried on 22.05) sends TERM all the same and KILL after KillWait.
 */
export type CancelMode = 'drain' | 'stop' | 'kill';

export interface JobObservation {
  jobId: string;
  phase: JobPhase;
  /** In the scheduler's own words; empty when the job is gone. */
  state: string;
  name?: string;
  partition?: string;
  /** Slurm's reason code, also of an end (`TimeLimit`, `NonZeroExitCode`). */
  reason?: string;
  /** The reason sorted, while pending. */
  pending?: PendingReason;
  /** A hostlist such as `node[1-2]`. */
  nodes?: string;
  submitMs?: number;
  startMs?: number;
  /** While running: the deadline, which may change. Once ended: the end. */
  endMs?: number;
  /** While pending, where Slurm has made an estimate. */
  estimatedStartMs?: number;
  /** How often it was requeued, where known. */
  restarts?: number;
  /** Of a job that is gone: why no record says how it ended. */
  noRecords?: string;
  /** Once ended, where known. */
  exitCode?: SlurmExitCode;
}
