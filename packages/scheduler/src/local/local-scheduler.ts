// The Scheduler of a local cluster: the same job script as a process group on this machine, without Slurm and without a
// queue. State lies in files; every job has a small process of its own that outlives the submitter (local-runner.ts).

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { type Clock, errnoOf, systemClock, defined, signalProcess } from '@fairlead/kit';
import { classifyJobState } from '../slurm/classify/job-state.ts';
import { classifyPendingReason } from '../slurm/classify/pending-reason.ts';
import type { CancelMode, JobObservation, JobSubmission, Scheduler, TestOnlyResult } from '../scheduler.ts';
import { schedulerError } from '../scheduler-error.ts';
import { identifyHost, nodeName } from './host-identity.ts';
import { claimGpus, type GpuClaims, listNvidiaGpus, releaseGpus } from './gpu-claims.ts';
import { pickExported } from './job-environment.ts';
import { jobFiles, type LocalJobSpec, UnreadableJobError, writeSpec } from './job-files.ts';
import {
  allocateJobId,
  claimName,
  findByName,
  forgetJob,
  isFinished,
  jobNames,
  loadIfReadable,
  loadJob,
} from './job-registry.ts';
import { identifyProcess } from './process-identity.ts';
import { type LocalRequest, logPath, type ReadRequest, readRequest } from './read-request.ts';
import { orderSignals } from './run-local-job.ts';
import { defaultRunnerPath, startRunner } from './start-runner.ts';

export interface LocalSchedulerOptions {
  /** Made with mode 0700 where it is missing; on local disk. */
  stateDir: string;
  /** The Node that watches over jobs. Default: this one. */
  node?: string;
  /** local-runner.ts or what it was bundled into. Default: beside this file. */
  runnerPath?: string;
  /** GPU indices to give out. Default: those of NVIDIA's device files. */
  gpus?: readonly string[];
  /** What `--export` picks from. Default: this process's own. */
  env?: NodeJS.ProcessEnv;
  /** From TERM to KILL. Default 30 s, as Slurm's. */
  killWaitMs?: number;
  clock?: Clock;
}

export function createLocalScheduler(options: LocalSchedulerOptions): Scheduler {
  const settings: Settings = {
    node: process.execPath,
    env: process.env,
    killWaitMs: 30_000,
    clock: systemClock,
    ...options,
    stateDir: resolve(options.stateDir),
  };
  return {
    submit: (job, signal) => submit(settings, job, signal),
    testOnly: (job) => testOnly(settings, job),
    observe: async (jobIds) => {
      const observations = await Promise.all(jobIds.map((jobId) => observe(settings.stateDir, jobId)));
      return new Map(observations.map((observation) => [observation.jobId, observation]));
    },
    living: (namePrefix) => living(settings.stateDir, namePrefix),
    cancel: (jobId, how) => cancel(settings.stateDir, jobId, how),
  };
}

type Settings = LocalSchedulerOptions & Required<Pick<LocalSchedulerOptions, 'node' | 'env' | 'killWaitMs' | 'clock'>>;

async function submit(settings: Settings, job: JobSubmission, signal?: AbortSignal): Promise<{ jobId: string }> {
  signal?.throwIfAborted();
  const { stateDir } = settings;
  refuseName(job.name);
  const existing = await findByName(stateDir, job.name);
  if (existing !== undefined) return { jobId: existing };
  const script = await readScript(job.scriptPath);
  const read = await checkRequest(settings, script, job);
  if (!read.ok) {
    throw schedulerError(read.code, `cannot submit ${job.name} because of this: ${read.message}`, { hint: read.hint });
  }
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const jobId = await allocateJobId(stateDir);
  const spec = await describeJob(settings, { job, jobId, request: read.request });
  const jobDir = jobFiles.dir(stateDir, jobId);
  // The script is kept as it was submitted, like Slurm's.
  await writeFile(jobFiles.script(jobDir), script, { mode: 0o700 });
  await writeSpec(jobDir, spec);
  const holder = await claimName(stateDir, job.name, jobId);
  if (holder !== jobId) {
    await rm(jobDir, { recursive: true });
    return { jobId: holder };
  }
  await start(settings, { spec, request: read.request, signal });
  return { jobId };
}

interface StartOptions {
  spec: LocalJobSpec;
  request: LocalRequest;
  signal: AbortSignal | undefined;
}

async function start(settings: Settings, { spec, request, signal }: StartOptions): Promise<void> {
  const { stateDir, env, node } = settings;
  const { jobId, name } = spec;
  const jobDir = jobFiles.dir(stateDir, jobId);
  try {
    const path = settings.runnerPath ?? defaultRunnerPath();
    const gpus = request.gpus === 0 ? [] : await claimGpus(await gpuClaims(settings), jobId, request.gpus);
    await writeSpec(jobDir, { ...spec, gpus });
    await startRunner({ node, path }, jobDir, { env: pickExported(env, request.exported), signal });
  } catch (error) {
    // Aborted while the runner was starting: it may have begun, and is found by its name.
    if (signal?.aborted) throw error;
    await forgetJob(stateDir, name, jobId);
    throw error;
  }
}

async function describeJob(
  { killWaitMs, clock }: Settings,
  { job, jobId, request }: { job: JobSubmission; jobId: string; request: LocalRequest },
): Promise<LocalJobSpec> {
  const submitter = await identifyProcess(process.pid);
  if (!submitter)
    throw schedulerError('runner_failed', `cannot submit ${job.name} because this process cannot be identified`);
  const facts = { jobId, jobName: job.name, user: userInfo().username, node: nodeName() };
  const { stdoutPattern, stderrPattern, openMode, limitMs, warning } = request;
  return {
    version: 1,
    jobId,
    name: job.name,
    mark: randomUUID(),
    submitMs: clock.now(),
    host: await identifyHost(),
    submitter,
    workDir: job.workDir,
    stdoutPath: logPath(stdoutPattern, job.workDir, facts),
    stderrPath: stderrPattern === null ? null : logPath(stderrPattern, job.workDir, facts),
    openMode,
    limitMs,
    warning,
    killWaitMs,
    gpus: [],
  };
}

async function testOnly(settings: Settings, job: JobSubmission): Promise<TestOnlyResult> {
  refuseName(job.name);
  const read = await checkRequest(settings, await readScript(job.scriptPath), job);
  if (!read.ok) return read;
  const text = `Job to start at once on ${nodeName()}`;
  return { ok: true, estimatedStartMs: settings.clock.now(), nodes: nodeName(), partition: 'local', text };
}

async function checkRequest(settings: Settings, script: string, job: JobSubmission): Promise<ReadRequest> {
  const read = readRequest(script, job);
  const { gpus } = await gpuClaims(settings);
  if (!read.ok || read.request.gpus <= gpus.length) return read;
  const message = `Requested node configuration is not available: ${read.request.gpus} GPUs of ${gpus.length}`;
  return { ok: false, kind: 'never-retry', code: 'node_config_unavailable', message, hint: 'Ask for fewer GPUs.' };
}

async function observe(stateDir: string, jobId: string): Promise<JobObservation> {
  const job = /^\d+$/.test(jobId) ? await loadIfReadable(stateDir, jobId) : undefined;
  if (job instanceof UnreadableJobError) return { jobId, phase: { kind: 'unknown', raw: job.message }, state: '' };
  if (!job) return { jobId, phase: { kind: 'gone' }, state: '' };
  const { spec, record, elsewhere } = job;
  const base = { jobId, name: spec.name, partition: 'local', submitMs: spec.submitMs };
  if (elsewhere !== undefined) {
    const state = record?.state ?? 'PENDING';
    return { ...base, phase: { kind: 'unknown', raw: `${state} on ${elsewhere}` }, state, nodes: elsewhere };
  }
  if (!record) {
    return { ...base, phase: { kind: 'pending' }, state: 'PENDING', pending: classifyPendingReason('None') };
  }
  const { state, reason, startMs, endMs, exitCode } = record;
  const phase = classifyJobState(state);
  // The first process to see the end releases the GPUs; the next job takes over a claim that was not released.
  const host = spec.host?.name ?? nodeName();
  if (phase.kind === 'ended') await releaseGpus({ stateDir, host }, jobId, spec.gpus);
  return {
    ...base,
    phase,
    state,
    nodes: host,
    restarts: 0,
    ...(reason === 'None' ? {} : { reason }),
    ...defined({ startMs, endMs, exitCode }),
  };
}

async function living(stateDir: string, namePrefix: string): Promise<JobObservation[]> {
  const names = (await jobNames(stateDir)).filter((name) => name.startsWith(namePrefix));
  const ids = (await Promise.all(names.map((name) => findByName(stateDir, name)))).filter((id) => id !== undefined);
  const jobs = await Promise.all(ids.map((id) => observe(stateDir, id)));
  return jobs.filter(({ phase }) => phase.kind !== 'ended' && phase.kind !== 'gone');
}

async function cancel(stateDir: string, jobId: string, how: CancelMode): Promise<void> {
  const job = /^\d+$/.test(jobId) ? await loadJob(stateDir, jobId) : undefined;
  if (job?.elsewhere !== undefined) throw elsewhereError(job.spec, job.elsewhere);
  if (job?.record && !isFinished(job.record)) signalProcess(job.record.runner.pid, orderSignals[how]);
}

async function gpuClaims({ stateDir, gpus }: Settings): Promise<GpuClaims> {
  const isLive = async (jobId: string) => {
    const job = await loadIfReadable(stateDir, jobId);
    if (job instanceof UnreadableJobError) return true;
    return job !== undefined && (job.record === undefined || !isFinished(job.record));
  };
  return { stateDir, host: nodeName(), gpus: gpus ?? (await listNvidiaGpus()), isLive };
}

async function readScript(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EACCES') throw error;
    throw schedulerError('script_invalid', `cannot submit the job because its script cannot be read: ${path}`, {
      cause: error,
    });
  }
}

function refuseName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return;
  throw schedulerError(
    'value_refused',
    `cannot use the job name ${JSON.stringify(name)} because it holds other characters`,
    {
      hint: 'Use letters, digits, ".", "_" and "-".',
    },
  );
}

/** A process of that number is another one here. */
function elsewhereError({ jobId, name }: LocalJobSpec, host: string): Error {
  return schedulerError(
    'job_elsewhere',
    `cannot order job ${jobId} (${name}) from ${nodeName()} because it runs on ${host}`,
    {
      hint: `The two machines share the directory of jobs. Run the same command on ${host}; where that machine is gone for good, remove the job's directory.`,
    },
  );
}
