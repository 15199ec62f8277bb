// The files of one local job, written by one process and read by others: what was asked for (spec.json, by submit) and
// what has become of it (record.json, by the runner). Replaced atomically, in a 0700 directory.

import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';

import { errorText, writeWholeFile } from '@fairlead/kit';
import { z } from 'zod';

const processIdentity = z.object({ pid: z.int(), started: z.string() });
const hostIdentity = z.object({ name: z.string(), bootId: z.string().nullable() });

const localWarning = z.object({
  signal: z.custom<NodeJS.Signals>((value) => typeof value === 'string' && value in constants.signals),
  aheadMs: z.number(),
});
export type LocalWarning = z.infer<typeof localWarning>;

const localJobSpec = z.object({
  version: z.literal(1),
  jobId: z.string(),
  name: z.string(),
  /** Stands in the environment of every process of the job. */
  mark: z.string(),
  submitMs: z.number(),
  /** Where it was submitted and runs. Processes can be judged there alone; absent: on an unknown host. */
  host: hostIdentity.optional(),
  submitter: processIdentity,
  workDir: z.string(),
  stdoutPath: z.string(),
  /** Null: where stdout goes. */
  stderrPath: z.string().nullable(),
  openMode: z.enum(['append', 'truncate']),
  limitMs: z.number().nullable(),
  warning: localWarning.nullable(),
  killWaitMs: z.number(),
  /** The GPUs given to the job, by index. */
  gpus: z.array(z.string()),
});
export type LocalJobSpec = z.infer<typeof localJobSpec>;

const localJobRecord = z.object({
  version: z.literal(1),
  /** One of Slurm's words. */
  state: z.string(),
  reason: z.string(),
  /** The host that wrote this; its processes are those below. */
  host: hostIdentity.optional(),
  runner: processIdentity,
  script: processIdentity.optional(),
  startMs: z.number().optional(),
  /** The deadline, then the end. */
  endMs: z.number().optional(),
  exitCode: z.object({ code: z.int(), signal: z.int() }).optional(),
});
export type LocalJobRecord = z.infer<typeof localJobRecord>;

/** A file of a job is there and says nothing: another version wrote it, or it is damaged. Whether the job lives is not known. */
export class UnreadableJobError extends Error {}

export const jobFiles = {
  dir: (stateDir: string, jobId: string) => join(stateDir, 'jobs', jobId),
  spec: (jobDir: string) => join(jobDir, 'spec.json'),
  record: (jobDir: string) => join(jobDir, 'record.json'),
  script: (jobDir: string) => join(jobDir, 'script.sh'),
  runnerLog: (jobDir: string) => join(jobDir, 'runner.log'),
} as const;

/** Undefined where the file is not there yet. Throws `UnreadableJobError`, as `readRecord` does. */
export function readJobSpec(jobDir: string): Promise<LocalJobSpec | undefined> {
  return readFileAs(localJobSpec, jobFiles.spec(jobDir));
}

export function readRecord(jobDir: string): Promise<LocalJobRecord | undefined> {
  return readFileAs(localJobRecord, jobFiles.record(jobDir));
}

export async function writeSpec(jobDir: string, spec: LocalJobSpec): Promise<void> {
  await writeWholeFile(jobFiles.spec(jobDir), `${JSON.stringify(z.encode(localJobSpec, spec), null, 2)}\n`);
}

export async function writeRecord(jobDir: string, record: LocalJobRecord): Promise<void> {
  await writeWholeFile(jobFiles.record(jobDir), `${JSON.stringify(z.encode(localJobRecord, record), null, 2)}\n`);
}

async function readFileAs<T extends z.ZodType>(schema: T, path: string): Promise<z.output<T> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const read = schema.safeParse(parseJson(text, path));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join('.') ?? '';
  if (field === 'version')
    throw new UnreadableJobError(`cannot read ${path} because another version of the program wrote it`);
  throw new UnreadableJobError(`cannot read ${path} because its field ${field} is damaged: ${issue?.message ?? ''}`);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableJobError(`cannot read ${path} because it is damaged: ${errorText(error)}`, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
