// Why Slurm ends this job, asked of Slurm itself: its notice in the job's log may lack the reason.

import { classifyJobState } from '../slurm/classify/job-state.ts';
import { parseScontrolShowJob, type ScontrolJob } from '../slurm/parse/parse-scontrol.ts';
import { askSlurm } from './ask-slurm.ts';
import type { AskProgram } from './ask-program.ts';
import type { SlurmNotice } from './read-slurm-notice.ts';
import { isSlurmJob } from './watch-deadline.ts';

/** KillWait runs, of 30 s by default: what Slurm does not answer by then is not waited for. */
const scontrolTimeoutMs = 1_000;

/** Undefined outside Slurm, for a job that Slurm does not end, and where Slurm does not answer in time. */
export async function readEndReason(
  run: AskProgram,
  { jobId, cluster }: { jobId: string; cluster?: string | undefined },
  signal: AbortSignal,
): Promise<SlurmNotice | undefined> {
  if (!isSlurmJob(jobId)) return undefined;
  const question = { program: 'scontrol', args: ['-o', 'show', 'job', jobId], cluster } as const;
  // An older Slurm ignores SLURM_TIME_FORMAT and prints the local time of TZ.
  const env = { SLURM_TIME_FORMAT: '%s', TZ: 'UTC' };
  const text = await askSlurm(run, question, { env, timeoutMs: scontrolTimeoutMs, signal });
  const job = text === undefined ? undefined : parseScontrolShowJob(text);
  return job && endReasonOf(job);
}

/** Pure. While its processes are removed, a job is COMPLETING whatever ends it; the reason then says more (src/common/slurm_protocol_defs.c). */
function endReasonOf({ state, reason, startMs, endMs, limitMinutes, preemptMs }: ScontrolJob): SlurmNotice | undefined {
  const phase = classifyJobState(state);
  if (phase.kind === 'pending') return 'requeued';
  const outcome = phase.kind === 'ended' ? phase.outcome : undefined;
  if (phase.kind !== 'completing' && outcome === undefined) return undefined;
  if (outcome === 'timeout' || reason === 'TimeLimit') return 'time-limit';
  if (outcome === 'preempted' || preemptMs !== undefined) return 'preempted';
  if (outcome === 'node_fail' || reason === 'NodeDown') return 'node-failure';
  const hadItsTime =
    startMs !== undefined &&
    endMs !== undefined &&
    limitMinutes !== undefined &&
    endMs - startMs >= limitMinutes * 60_000;
  return hadItsTime ? 'time-limit' : 'cancelled';
}
