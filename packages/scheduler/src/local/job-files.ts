// The files of one local job, written by one process and read by others: what was asked for (spec.json, by submit) and
// what has become of it (record.json, by the runner). Replaced atomically, in a 0700 directory.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostIdentity } from './host-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

export interface LocalJobSpec {
  version: 1;
  jobId: string;
  name: string;
  /** Stands in the environment of every process of the job. */
  mark: string;
  submitMs: number;
  /** Where it was submitted and runs. Processes can be judged there alone; absent: on an unknown host. */
  host?: HostIdentity;
  submitter: ProcessIdentity;
  workDir: string;
  stdoutPath: string;
  /** Null: where stdout goes. */
  stderrPath: string | null;
  openMode: 'append' | 'truncate';
  limitMs: number | null;
  warning: LocalWarning | null;
  killWaitMs: number;
  /** The GPUs given to the job, by index. */
  gpus: string[];
}

export interface LocalWarning {
  signal: NodeJS.Signals;
  aheadMs: number;
}

export interface LocalJobRecord {
  version: 1;
  /** One of Slurm's words. */
  state: string;
  reason: string;
  /** The host that wrote this; its processes are those below. */
  host?: HostIdentity;
  runner: ProcessIdentity;
  script?: ProcessIdentity;
  startMs?: number;
  /** The deadline, then the end. */
  endMs?: number;
  exitCode?: { code: number; signal: number };
}

export const jobFiles = {
  dir: (stateDir: string, jobId: string) => join(stateDir, 'jobs', jobId),
  spec: (jobDir: string) => join(jobDir, 'spec.json'),
  record: (jobDir: string) => join(jobDir, 'record.json'),
  script: (jobDir: string) => join(jobDir, 'script.sh'),
  runnerLog: (jobDir: string) => join(jobDir, 'runner.log'),
} as const;

export async function readJobSpec(jobDir: string): Promise<LocalJobSpec | undefined> {
  return (await readVersioned(jobFiles.spec(jobDir))) as LocalJobSpec | undefined;
}

export async function readRecord(jobDir: string): Promise<LocalJobRecord | undefined> {
  return (await readVersioned(jobFiles.record(jobDir))) as LocalJobRecord | undefined;
}

export async function writeSpec(jobDir: string, spec: LocalJobSpec): Promise<void> {
  await replaceFile(jobFiles.spec(jobDir), JSON.stringify(spec, null, 2));
}

export async function writeRecord(jobDir: string, record: LocalJobRecord): Promise<void> {
  await replaceFile(jobFiles.record(jobDir), JSON.stringify(record, null, 2));
}

/** Undefined where the file is not there yet. These files are ours and replaced whole: a version is all that is checked. */
async function readVersioned(path: string): Promise<{ version: 1 } | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && 'version' in value && value.version === 1)
    return { ...value, version: 1 };
  throw new Error(`cannot read ${path} because another version of the program wrote it`);
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${text}\n`, { mode: 0o600 });
  await rename(draft, path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
