// What the scheduler says of a job, in control's words.

import { join } from 'node:path/posix';

import type { EndCauseCode, JobObserved } from '@fairlead/protocol';
import type { JobObservation } from '@fairlead/slurm';

import type { Context } from '../context.ts';
import { jobDirOf } from '../paths.ts';
import type { Site } from '../site/open-site.ts';

export type ObservedState = NonNullable<JobObserved['state']>;

/** A job that nobody knows is looked for once more: a queue that is busy or has just restarted forgets for a moment. */
const LOOK_AGAIN_MS = 3_000;

/** Undefined while the job runs: then its agent speaks for it. */
export async function observationFor(
  site: Site,
  instance: { id: string; jobId: string },
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
): Promise<ObservedState | undefined> {
  const look = async () => (await site.scheduler.observe([instance.jobId], signal)).get(instance.jobId);
  let seen = await look();
  if (seen?.phase.kind === 'gone') {
    await clock.sleep(LOOK_AGAIN_MS, signal);
    seen = await look();
  }
  const state = seen && observedState(seen);
  if (state?.status !== 'failed') return state;
  const lastLines = await lastLinesOf(site, instance.id);
  return lastLines.length === 0 ? state : { ...state, cause: { ...state.cause, lastLines } };
}

/** A job that failed before its agent could speak has said why in its own log. */
async function lastLinesOf(site: Site, instance: string): Promise<string[]> {
  const log = join(jobDirOf(site.paths, instance), 'job.log');
  const { code, stdout } = await site.host.runner.run(['tail', '-n', '5', '--', log]);
  return code === 0 ? stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.slice(0, 500)])) : [];
}

/** Pure. */
export function observedState(observation: JobObservation): ObservedState | undefined {
  const { phase } = observation;
  switch (phase.kind) {
    case 'pending':
      return {
        status: 'queued',
        ...(observation.pending
          ? {
              reason:
                `${observation.pending.text}${observation.pending.advice ? `: ${observation.pending.advice}` : ''}`.slice(
                  0,
                  512,
                ),
            }
          : {}),
        ...(observation.estimatedStartMs === undefined ? {} : { estimatedStartMs: observation.estimatedStartMs }),
      };
    case 'running':
    case 'completing':
    case 'unknown':
      return undefined;
    case 'gone':
      return {
        status: 'failed',
        cause: { code: 'job_ended', message: `job ${observation.jobId} is not known to the scheduler any more` },
      };
    case 'ended':
      return endedState(observation, phase.outcome);
  }
}

type Outcome = Extract<JobObservation['phase'], { kind: 'ended' }>['outcome'];

function endedState(observation: JobObservation, outcome: Outcome): ObservedState {
  const reason = observation.reason && observation.reason !== 'None' ? ` (${observation.reason})` : '';
  const message = `job ${observation.jobId} ended: ${observation.state}${reason}${exitWords(observation)}`;
  const hint = HINTS[outcome];
  const cause = { code: causeOf(outcome), message, ...(hint === undefined ? {} : { hint }) };
  return outcome === 'completed' || outcome === 'cancelled' || outcome === 'timeout'
    ? { status: 'stopped', cause }
    : { status: 'failed', cause };
}

const OFF_THE_NODE =
  'Deploy again; to keep off that node, exclude it: --set \'slurm.extra=["#SBATCH --exclude=<node>"]\'.';

const HINTS: Partial<Record<Outcome, string>> = {
  out_of_memory: 'Ask for more memory (slurm.mem), or let the engine use less.',
  node_fail: OFF_THE_NODE,
  boot_fail: OFF_THE_NODE,
  launch_failed: OFF_THE_NODE,
  preempted: 'Deploy again; a partition or QOS that is not preempted keeps its jobs.',
  timeout: 'Deploy again with more time: --time.',
};

function causeOf(outcome: Outcome): EndCauseCode {
  if (outcome === 'cancelled') return 'cancelled';
  if (outcome === 'timeout' || outcome === 'deadline') return 'deadline';
  return outcome === 'preempted' ? 'preempted' : 'job_ended';
}

function exitWords({ exitCode }: JobObservation): string {
  if (!exitCode || (exitCode.code === 0 && !exitCode.signal)) return '';
  return exitCode.signal ? `, killed by signal ${exitCode.signal}` : `, exit code ${exitCode.code}`;
}
