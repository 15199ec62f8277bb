// Turns the scheduler's observation of a job into the state that control records.

import { defined } from '@fairlead/kit';
import { join } from 'node:path/posix';

import type { EndCauseCode, JobObserved } from '@fairlead/protocol';
import { expandHostList, failedNodesIn, type JobObservation } from '@fairlead/scheduler';

import type { Run } from '../machine.ts';
import { jobDirOf } from '../cluster-paths.ts';
import { schedulerOf } from '../site/job-cluster.ts';
import type { Site } from '../site/open-site.ts';

export type ObservedState = NonNullable<JobObserved['state']>;

/** A job that the scheduler does not know is looked for once more: a controller that is busy or has just restarted may not list it for a moment. */
const retryIntervalMs = 3_000;

/**
 * Undefined while the job runs: then its agent speaks for it. Only asked of an instance whose agent has not told its end;
 * `hasServed`: whether that agent was there once.
 */
export async function observationFor(
  site: Site,
  instance: { id: string; jobId: string; hasServed?: boolean },
  { clock, signal }: Pick<Run, 'clock' | 'signal'>,
): Promise<ObservedState | undefined> {
  const scheduler = await schedulerOf(site, instance.id);
  const look = async () => (await scheduler.observe([instance.jobId], signal)).get(instance.jobId);
  let seen = await look();
  if (seen?.phase.kind === 'gone') {
    await clock.sleep(retryIntervalMs, signal);
    seen = await look();
  }
  const state = seen && observedState(seen);
  if (state?.status !== 'failed' && !endedWithoutAWord(seen)) return state;
  const log = await lastLinesOf(site, instance.id);
  const lastLines = tellingLines(log);
  const explained = seen && state?.status === 'stopped' ? explainCompleted(seen, log, instance.hasServed) : state;
  if (explained?.status !== 'failed' || lastLines.length === 0) return explained;
  return blameNodes({ ...explained, cause: { ...explained.cause, lastLines } }, log);
}

/** Pure. Where Slurm kills a step for a node that it lost, the agents may have no time to tell, and accounting has a failed task alone. */
export function blameNodes(state: ObservedState, log: readonly string[]): ObservedState {
  const badNodes = failedNodesIn(log);
  if (state.status !== 'failed' || badNodes.length === 0) return state;
  const message = `Slurm lost ${badNodes.join(', ')} while the job ran: ${state.cause.message}`;
  const hint = 'Deploy again: what failed is left out then.';
  return { ...state, cause: { ...state.cause, code: 'node_lost', message, hint, badNodes } };
}

const shownLines = 5;
/** Of these at most so many are what the job's own programs said. */
const ownLines = 3;

/** Pure. The last lines of the log; of many that Slurm writes about the end of a step, none takes the place of what a program said last. */
export function tellingLines(log: readonly string[]): string[] {
  const all = [...log.keys()];
  const own = all.filter((at) => !/^(srun|slurmstepd\S*): /.test(log[at]!)).slice(-ownLines);
  const others = all.filter((at) => !own.includes(at)).slice(-(shownLines - own.length));
  return [...own, ...others].toSorted((a, b) => a - b).map((at) => log[at]!);
}

function endedWithoutAWord(seen: JobObservation | undefined): boolean {
  return seen?.phase.kind === 'ended' && seen.phase.outcome === 'completed';
}

/** What slurmstepd writes into the job's log when a step ends all others (src/slurmd/slurmstepd/req.c). */
const failedStep = /\*\*\* (JOB|STEP) \S+ ON \S+ (CANCELLED|FAILED) AT .*DUE TO (TASK FAILURE|NODE FAILURE)/;

/**
 * Pure. Accounting calls a job COMPLETED whose script ended with 0: this says nothing of what it was to serve. The job's log
 * outweighs it, and so does that no agent ever came.
 */
export function explainCompleted(
  { jobId, state }: JobObservation,
  log: readonly string[],
  hasServed = false,
): ObservedState {
  const step = log.findLast((line) => failedStep.test(line));
  const calls = `Slurm calls job ${jobId} ${state}`;
  if (step !== undefined) {
    const message = `a task of job ${jobId} failed and Slurm ended the others, though ${calls.replace(`job ${jobId}`, 'it')}`;
    return { status: 'failed', cause: { code: 'job_ended', message, hint: readTheLog } };
  }
  if (hasServed) return { status: 'stopped', cause: { code: 'job_ended', message: `job ${jobId} ended: ${state}` } };
  const message = `job ${jobId} ended before anything was served, though ${calls.replace(`job ${jobId}`, 'it')}`;
  return { status: 'failed', cause: { code: 'job_ended', message, hint: readTheLog } };
}

const readTheLog =
  'Its own log (--source job) says why: a prologue that ends the script, a program that is not there, or a Node that does not run.';

/** The job's own log says why a job failed before its agent could report. */
async function lastLinesOf(site: Site, instance: string): Promise<string[]> {
  const log = join(jobDirOf(site.paths, instance), 'job.log');
  const { code, stdout } = await site.host.runner.run(['tail', '-n', '50', '--', log]);
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
        ...estimateOf(observation),
      };
    case 'running':
    case 'completing':
    case 'unknown':
      return undefined;
    case 'gone':
      return {
        status: 'failed',
        cause: { code: 'job_ended', message: goneWords(observation) },
      };
    case 'ended':
      return endedState(observation, phase.outcome);
  }
}

/** Slurm goes on naming a start for a job that a limit holds, or that will never start: it counts free nodes alone. */
function estimateOf({ pending, estimatedStartMs }: JobObservation): { estimatedStartMs: number } | undefined {
  const isHeld = pending?.kind === 'never-starts' || pending?.kind === 'your-limit';
  return isHeld || estimatedStartMs === undefined ? undefined : { estimatedStartMs };
}

function goneWords({ jobId, noRecords }: JobObservation): string {
  const gone = `job ${jobId} is not known to the scheduler any more`;
  return noRecords === undefined ? gone : `${gone}, and no record says how it ended: ${noRecords}`;
}

type Outcome = Extract<JobObservation['phase'], { kind: 'ended' }>['outcome'];

function endedState(observation: JobObservation, outcome: Outcome): ObservedState {
  const reason = observation.reason && observation.reason !== 'None' ? ` (${observation.reason})` : '';
  const message = `job ${observation.jobId} ended: ${observation.state}${reason}${exitWords(observation)}`;
  const hint = hints[outcome];
  const cause = { code: causeOf(outcome), message, ...defined({ hint, badNodes: failedNode(observation, outcome) }) };
  return outcome === 'completed' || outcome === 'cancelled' || outcome === 'timeout'
    ? { status: 'stopped', cause }
    : { status: 'failed', cause };
}

/** Slurm does not say which of several nodes failed. */
function failedNode({ nodes = '' }: JobObservation, outcome: Outcome): string[] | undefined {
  if (!['node_fail', 'boot_fail', 'launch_failed'].includes(outcome)) return undefined;
  const hosts = expandHostList(nodes);
  return hosts?.length === 1 ? hosts : undefined;
}

const offTheNode =
  "Deploy again: the node of a job on one node is left out then; of several, name it: --set 'slurm.override={exclude: <node>}'.";

const hints: Partial<Record<Outcome, string>> = {
  out_of_memory: 'Ask for more memory (slurm.mem), or let the engine use less.',
  node_fail: offTheNode,
  boot_fail: offTheNode,
  launch_failed: offTheNode,
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
