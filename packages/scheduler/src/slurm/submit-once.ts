// Submits a job and never twice: after an answer that was lost it looks for the job by name until Slurm has had time to
// take it in, and only then submits again.

import { backoffMs, type Clock, isCodedError } from '@fairlead/kit';
import { classifySubmitError, type SubmitError } from './classify/submit-error.ts';
import type { RunResult } from '../command-runner.ts';
import { parseSbatch, type SubmittedJob } from './parse/parse-sbatch.ts';
import type { JobSubmission } from '../scheduler.ts';
import { schedulerError, schedulerErrorCodes } from '../scheduler-error.ts';
import { findAnywhere, type FindByName, findInQueue } from './find-by-name.ts';
import { sbatchCommand, scancelCommands } from './slurm-commands.ts';

export interface SubmitPolicy {
  /** How long after a lost answer the job may still appear in the queue. */
  settleMs: number;
  /** How long to look for it before giving up while Slurm does not answer. */
  giveUpMs: number;
  /** How often sbatch is run in all. */
  attempts: number;
}

/** A request in the controller's hands is done within a few MessageTimeouts (10 s by default). */
export const defaultSubmitPolicy: SubmitPolicy = { settleMs: 30_000, giveUpMs: 180_000, attempts: 3 };

export interface SubmitDeps extends FindByName {
  clock: Clock;
  policy: SubmitPolicy;
}

export async function submitOnce(deps: SubmitDeps, job: JobSubmission, signal?: AbortSignal): Promise<Submitted> {
  const here = (jobId: string) => inCluster(jobId, deps.site.cluster);
  const [existing] = await findInQueue(deps, job.name, signal);
  if (existing !== undefined) return here(existing);
  for (let attempt = 1; ; attempt += 1) {
    const answer = await runSbatch(deps, job, signal);
    if ('jobId' in answer) {
      const { jobId, cluster = deps.site.cluster, isInDoubt } = answer;
      if (isInDoubt) return here(await confirm(deps, job, jobId, signal));
      return inCluster(attempt === 1 ? jobId : await keepFirst(deps, job, jobId, signal), cluster);
    }
    if (answer.kind !== 'retry-after-lookup') throw refused(job, answer);
    deps.log.warn(
      { op: 'slurm.submit', ok: false, job: job.name, attempt, error: { code: answer.code } },
      answer.message,
    );
    const found = await lookUntilSettled(deps, job, answer, signal);
    if (found !== undefined) return here(found);
    if (attempt >= deps.policy.attempts) throw refused(job, answer);
  }
}

type Submitted = Omit<SubmittedJob, 'isInDoubt'>;

function inCluster(jobId: string, cluster: string | undefined): Submitted {
  return cluster === undefined ? { jobId } : { jobId, cluster };
}

/**
 * sbatch took the job and printed its number among other text: the queue says by the job's name which number it is. The
 * number alone is never believed, for another job may have it.
 */
async function confirm(deps: SubmitDeps, job: JobSubmission, printed: string, signal?: AbortSignal): Promise<string> {
  const doubt: SubmitError = {
    kind: 'retry-after-lookup',
    code: 'output_unreadable',
    message: `sbatch printed ${printed} among other text, and the queue shows no job of this name`,
    hint: 'Look for the job with squeue --me.',
  };
  const found = await lookUntilSettled(deps, job, doubt, signal);
  if (found === undefined) throw uncertain(job, doubt, undefined);
  return found;
}

async function runSbatch(
  { run, site }: SubmitDeps,
  job: JobSubmission,
  signal?: AbortSignal,
): Promise<SubmittedJob | SubmitError> {
  let result: RunResult;
  try {
    result = await run(sbatchCommand(site, job), signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (isCodedError(error, ...schedulerErrorCodes)) throw error;
    // The way to the login host broke in the middle: sbatch may have run.
    result = { code: null, stdout: '', stderr: error instanceof Error ? error.message : String(error) };
  }
  const submitted = result.code === 0 ? parseSbatch(result.stdout, result.stderr) : undefined;
  if (submitted) return submitted;
  if (result.code !== 0) return classifySubmitError(result);
  const message = `sbatch succeeded without a job id: got ${JSON.stringify(result.stdout.slice(0, 200))}`;
  return { kind: 'retry-after-lookup', code: 'output_unreadable', message, hint: 'Look for the job with squeue --me.' };
}

/** The job's id; undefined once the queue has been seen without it after the time to settle. */
async function lookUntilSettled(
  deps: SubmitDeps,
  job: JobSubmission,
  lost: SubmitError,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { settleMs, giveUpMs } = patience(deps);
  const since = deps.clock.monotonicMs();
  for (let look = 0; ; look += 1) {
    let leastMs = 1000;
    const elapsedMs = deps.clock.monotonicMs() - since;
    try {
      const [found] = await findAnywhere(deps, job.name, signal);
      if (found !== undefined) return found;
      if (elapsedMs >= settleMs) return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      if (elapsedMs >= giveUpMs) throw uncertain(job, lost, error);
      // A queue that may be asked only so often is left in peace.
      if (isCodedError(error, 'rate_limited')) leastMs = 30_000;
    }
    const left = Math.max(settleMs - elapsedMs, 1000);
    const pauseMs = Math.min(left, backoffMs({ baseMs: 1000, maxMs: 15_000, minMs: 1000 }, look, 1));
    await deps.clock.sleep(Math.max(pauseMs, leastMs), signal);
  }
}

/** An answer of a shared queue may be as old as that allows: only a later one shows that the job is not there. */
function patience({ policy, site }: SubmitDeps): Pick<SubmitPolicy, 'settleMs' | 'giveUpMs'> {
  const ageMs = (site.sharedQueue?.maxAgeSeconds ?? 0) * 1000;
  return { settleMs: policy.settleMs + ageMs, giveUpMs: policy.giveUpMs + 3 * ageMs };
}

/** After a second sbatch: should the first one have been taken in after all, the later job goes. */
async function keepFirst(deps: SubmitDeps, job: JobSubmission, mine: string, signal?: AbortSignal): Promise<string> {
  const [first = mine, ...others] = await findInQueue(deps, job.name, signal);
  for (const jobId of others) {
    deps.log.warn({ op: 'slurm.submit', job: job.name, jobId, kept: first }, 'cancels a second job of the same name');
    for (const argv of scancelCommands(deps.site, jobId, 'stop')) await deps.run(argv, signal);
  }
  return first;
}

function refused(job: JobSubmission, { kind, code, message, hint }: SubmitError): Error {
  const retryable = kind !== 'never-retry';
  return schedulerError(code, `cannot submit ${job.name} because Slurm refused it: ${message}`, { hint, retryable });
}

function uncertain(job: JobSubmission, lost: SubmitError, cause: unknown): Error {
  return schedulerError(
    'submit_uncertain',
    `cannot tell whether ${job.name} was submitted because Slurm's answer was lost: ${lost.message}`,
    {
      hint: `Look for it when Slurm answers again: squeue --me --name=${job.name}. Or deploy again: a job of this name is found.`,
      cause,
    },
  );
}
