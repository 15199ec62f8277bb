// The Scheduler of a Slurm cluster: text commands on its login host, one batched squeue for all jobs.

import { type Clock, type Log, silentLog, systemClock } from '@fairlead/kit';
import { unsetReport } from './classify/refusal-lines.ts';
import { classifySubmitError } from './classify/submit-error.ts';
import type { CommandRunner } from '../command-runner.ts';
import { parseSacct, type SacctRow } from './parse/parse-sacct.ts';
import { parseTestOnly } from './parse/parse-sbatch.ts';
import { parseScontrolShowJob, type ScontrolJob } from './parse/parse-scontrol.ts';
import { parseSqueue, type SqueueRow } from './parse/parse-squeue.ts';
import type { CancelMode, JobObservation, JobSubmission, Scheduler, TestOnlyResult } from '../scheduler.ts';
import { addDetails, describeForgotten, describeJob } from './describe-job.ts';
import {
  commandFailure,
  createRunSlurm,
  lastWords,
  type RunSlurm,
  saysNoAccounting,
  saysNoSuchJob,
} from './run-slurm.ts';
import {
  sacctByIdCommand,
  scancelCommands,
  scontrolCommand,
  sharedSqueueCommand,
  type SlurmSite,
  squeueByIdCommand,
  squeueOfUserCommand,
  testOnlyCommand,
} from './slurm-commands.ts';
import { defaultSubmitPolicy, submitOnce, type SubmitPolicy } from './submit-once.ts';

export interface SlurmSchedulerOptions extends SlurmSite {
  /** Runs commands on the login host as the user. */
  runner: CommandRunner;
  clock?: Clock;
  log?: Log;
  submitPolicy?: Partial<SubmitPolicy>;
}

export function createSlurmScheduler(options: SlurmSchedulerOptions): Scheduler {
  const { runner, clock = systemClock, log = silentLog, submitPolicy, ...site } = options;
  const run = createRunSlurm(runner);
  const policy = { ...defaultSubmitPolicy, ...submitPolicy };
  const records: Records = { run, site, log, missing: undefined };
  return {
    submit: (job, signal) => submitOnce({ run, site, log, clock, policy }, job, signal),
    testOnly: (job, signal) => testOnly(run, site, job, signal),
    observe: (jobIds, signal) => observe(records, jobIds, signal),
    living: (namePrefix, signal) => living({ run, site }, namePrefix, signal),
    cancel: (jobId, how, signal) => cancel(run, site, { jobId, how }, signal),
  };
}

async function testOnly(
  run: RunSlurm,
  site: SlurmSite,
  job: JobSubmission,
  signal?: AbortSignal,
): Promise<TestOnlyResult> {
  const result = await run(testOnlyCommand(site, job), signal);
  if (result.code !== 0) return { ok: false, ...classifySubmitError(result) };
  const told = result.stderr.split('\n').filter((line) => !line.startsWith(unsetReport));
  const text = told.join('\n').trim() || result.stdout.trim();
  return { ok: true, ...(parseTestOnly(`${result.stderr}\n${result.stdout}`) ?? { text }) };
}

interface ObserveDeps {
  run: RunSlurm;
  site: SlurmSite;
  log: Log;
}

interface Records extends ObserveDeps {
  /** Accounting's own word that it keeps nothing, once it has said so: it is not asked again. */
  missing: string | undefined;
}

async function observe(
  deps: Records,
  jobIds: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, JobObservation>> {
  const asked = [...new Set(jobIds)];
  if (asked.length === 0) return new Map();
  const rows = new Map((await queue(deps, asked, signal)).map((row) => [row.jobId, row]));
  const observations = new Map<string, JobObservation>();
  for (const jobId of asked) {
    const row = rows.get(jobId);
    if (row) observations.set(jobId, await withDetails(deps, describeJob(row), signal));
  }
  const forgotten = asked.filter((jobId) => !rows.has(jobId));
  for (const observation of await rememberForgotten(deps, forgotten, signal)) {
    observations.set(observation.jobId, observation);
  }
  return observations;
}

async function queue(
  { run, site }: Pick<ObserveDeps, 'run' | 'site'>,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<SqueueRow[]> {
  const { sharedQueue } = site;
  const argv = sharedQueue ? sharedSqueueCommand(site, sharedQueue) : squeueByIdCommand(site, ids);
  const result = await run(argv, signal);
  if (result.code === 0) return parseSqueue(result.stdout);
  if (sharedQueue) throw commandFailure('ask for the state of jobs', result);
  // Asked for one job it forgot, squeue fails; asked for several it leaves that one out (22.05).
  if (!saysNoSuchJob(result)) throw commandFailure('ask for the state of jobs', result);
  if (ids.length === 1) return [];
  const rows: SqueueRow[] = [];
  for (const id of ids) rows.push(...(await queue({ run, site }, [id], signal)));
  return rows;
}

async function living(
  { run, site }: Pick<ObserveDeps, 'run' | 'site'>,
  namePrefix: string,
  signal?: AbortSignal,
): Promise<JobObservation[]> {
  const result = await run(squeueOfUserCommand(site), signal);
  if (result.code !== 0) throw commandFailure('list the jobs', result);
  const jobs = parseSqueue(result.stdout).map((row) => describeJob(row));
  return jobs.filter(({ name, phase }) => name?.startsWith(namePrefix) && phase.kind !== 'ended');
}

/** An end is looked at more closely, once: only scontrol has the exit code, and Slurm forgets it within minutes. */
async function withDetails(
  { run, site }: ObserveDeps,
  observation: JobObservation,
  signal?: AbortSignal,
): Promise<JobObservation> {
  if (observation.phase.kind !== 'ended') return observation;
  return addDetails(observation, await showJob(run, site, observation.jobId, signal));
}

async function rememberForgotten(
  deps: Records,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<JobObservation[]> {
  if (ids.length === 0) return [];
  const { run, site } = deps;
  const observations: JobObservation[] = [];
  const unknown: string[] = [];
  for (const id of ids) {
    // A shared answer may be older than the job: the controller itself is asked for one that is not in it.
    const details = site.sharedQueue ? await showJob(run, site, id, signal) : undefined;
    if (details) observations.push(describeJob(details));
    else unknown.push(id);
  }
  const { rows, noRecords } = await askAccounting(deps, unknown, signal);
  for (const id of unknown) {
    const row = rows.get(id);
    const details = row || site.sharedQueue ? undefined : await showJob(run, site, id, signal);
    observations.push(details ? describeJob(details) : describeForgotten(id, row, noRecords));
  }
  return observations;
}

async function askAccounting(
  deps: Records,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<{ rows: Map<string, SacctRow>; noRecords?: string }> {
  const none = new Map<string, SacctRow>();
  if (deps.missing !== undefined) return { rows: none, noRecords: deps.missing };
  if (ids.length === 0) return { rows: none };
  const result = await deps.run(sacctByIdCommand(deps.site, ids), signal);
  if (result.code === 0) return { rows: new Map(parseSacct(result.stdout).map((row) => [row.jobId, row])) };
  const says = lastWords(result) || `sacct ended with code ${result.code}`;
  if (saysNoAccounting(result)) deps.missing = says;
  deps.log.debug(
    { op: 'slurm.observe', ok: false, error: { code: result.code } },
    `accounting does not answer: ${says}`,
  );
  return { rows: none, noRecords: says };
}

async function showJob(
  run: RunSlurm,
  site: SlurmSite,
  jobId: string,
  signal?: AbortSignal,
): Promise<ScontrolJob | undefined> {
  const result = await run(scontrolCommand(site, jobId), signal);
  if (result.code === 0) return parseScontrolShowJob(result.stdout);
  if (saysNoSuchJob(result)) return undefined;
  throw commandFailure(`ask for job ${jobId}`, result);
}

async function cancel(
  run: RunSlurm,
  site: SlurmSite,
  { jobId, how }: { jobId: string; how: CancelMode },
  signal?: AbortSignal,
): Promise<void> {
  for (const argv of scancelCommands(site, jobId, how)) {
    const result = await run(argv, signal);
    if (result.code === 0) continue;
    if (saysNoSuchJob(result)) return;
    throw commandFailure(`cancel job ${jobId}`, result);
  }
}
