// The state directory of a local cluster: which jobs there are, under which names, and what has become of each.

import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defined, errnoOf } from '@fairlead/kit';
import { classifyJobState } from '../slurm/classify/job-state.ts';
import { nodeName } from './host-identity.ts';
import {
  jobFiles,
  type LocalJobRecord,
  type LocalJobSpec,
  readRecord,
  readJobSpec,
  UnreadableJobError,
  writeRecord,
} from './job-files.ts';
import { isSameProcess } from './process-identity.ts';
import { clearJob } from './process-table.ts';
import { markOf } from './run-local-job.ts';

/** Makes the directory of the next job; ids rise, and mkdir lets only one process have each. */
export async function allocateJobId(stateDir: string): Promise<string> {
  const dir = join(stateDir, 'jobs');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const taken = (await readdir(dir)).filter((name) => /^\d+$/.test(name)).map(Number);
  for (let next = Math.max(0, ...taken) + 1; ; next += 1) {
    try {
      await mkdir(join(dir, String(next)), { mode: 0o700 });
      return String(next);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** The job that has this name, when it was ever started. One that cannot be read keeps its name. */
export async function findByName(stateDir: string, name: string): Promise<string | undefined> {
  let jobId: string;
  try {
    jobId = (await readFile(namePath(stateDir, name), 'utf8')).trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return (await loadIfReadable(stateDir, jobId)) === undefined ? undefined : jobId;
}

/** Names of all jobs that were ever started, without those still being named. */
export async function jobNames(stateDir: string): Promise<string[]> {
  try {
    return (await readdir(join(stateDir, 'names'))).filter((name) => !/\.\d+$/.test(name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Gives the name to the job; the id of the job that has it otherwise. */
export async function claimName(stateDir: string, name: string, jobId: string): Promise<string> {
  const path = namePath(stateDir, name);
  await mkdir(join(stateDir, 'names'), { recursive: true, mode: 0o700 });
  const draft = `${path}.${jobId}`;
  await writeFile(draft, jobId, { mode: 0o600 });
  try {
    await link(draft, path);
    return jobId;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const holder = await findByName(stateDir, name);
    if (holder !== undefined) return holder;
    // Its submitter died before the job began.
    await rename(draft, path);
    return jobId;
  } finally {
    await rm(draft, { force: true });
  }
}

export async function forgetJob(stateDir: string, name: string, jobId: string): Promise<void> {
  await rm(namePath(stateDir, name), { force: true });
  await rm(jobFiles.dir(stateDir, jobId), { recursive: true });
}

export interface LocalJob {
  spec: LocalJobSpec;
  /** Missing while its submitter is still starting the runner. */
  record?: LocalJobRecord;
  /** The machine that alone can tell how it is: the home is shared. What the record says last stays. */
  elsewhere?: string;
}

/**
 * Undefined when there is no such job, or it never began. Throws `UnreadableJobError`. A job of this machine whose runner was killed is finished by
 * the first look from here: without its runner it has no time limit and takes no orders, as on a node that failed.
 */
export async function loadJob(stateDir: string, jobId: string): Promise<LocalJob | undefined> {
  const jobDir = jobFiles.dir(stateDir, jobId);
  const spec = await readJobSpec(jobDir);
  if (!spec) return undefined;
  const record = await readRecord(jobDir);
  if (record && isFinished(record)) return { spec, record };
  // A process that is found on this machine is its own, also after the machine was renamed.
  if (await isSameProcess(record?.runner ?? spec.submitter)) return record ? { spec, record } : { spec };
  const host = record?.host ?? spec.host;
  if (host?.name !== nodeName()) return { spec, ...defined({ record }), elsewhere: host?.name ?? 'another machine' };
  if (!record) return undefined;
  // Its last act is the record: read again now that it is surely gone.
  const last = (await readRecord(jobDir)) ?? record;
  return { spec, record: isFinished(last) ? last : await finishAbandoned(jobDir, spec, last) };
}

/** As `loadJob`; with the error as a value, so that one job that cannot be read does not hide the others. */
export async function loadIfReadable(
  stateDir: string,
  jobId: string,
): Promise<LocalJob | UnreadableJobError | undefined> {
  try {
    return await loadJob(stateDir, jobId);
  } catch (error) {
    if (error instanceof UnreadableJobError) return error;
    throw error;
  }
}

export function isFinished(record: LocalJobRecord): boolean {
  return classifyJobState(record.state).kind === 'ended';
}

async function finishAbandoned(jobDir: string, spec: LocalJobSpec, record: LocalJobRecord): Promise<LocalJobRecord> {
  const { script } = record;
  const leader = script && (await isSameProcess(script)) ? script.pid : undefined;
  await clearJob({ mark: markOf(spec), leader });
  const ended: LocalJobRecord = { ...record, state: 'NODE_FAIL', reason: 'NodeDown', endMs: Date.now() };
  await writeRecord(jobDir, ended);
  return ended;
}

function namePath(stateDir: string, name: string): string {
  return join(stateDir, 'names', name);
}
