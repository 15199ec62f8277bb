// Reads `scontrol -o show job ID`: `Key=value` pairs on one line whose values may hold spaces or be empty.

import { parseSlurmDuration } from '../../script/duration.ts';
import { parseExitCode, type SlurmExitCode } from './exit-code.ts';
import { parseSlurmTime } from './slurm-time.ts';

export interface ScontrolJob {
  jobId: string;
  name: string;
  state: string;
  reason?: string;
  restarts?: number;
  exitCode?: SlurmExitCode;
  startMs?: number;
  endMs?: number;
  /** Infinity where there is none. */
  limitMinutes?: number;
  submitMs?: number;
  /** Slurm has chosen it to make room for another job. */
  preemptMs?: number;
  nodes?: string;
  partition?: string;
  stdoutPath?: string;
}

/** Every field as printed. A value reaches to the next ` Key=`; a key begins with a capital. */
export function parseScontrolFields(line: string): Map<string, string> {
  const fields = new Map<string, string>();
  const keys = [...line.matchAll(/(?:^|\s)([A-Z][A-Za-z/:_]*)=/g)];
  for (const [at, match] of keys.entries()) {
    const value = line.slice(match.index + match[0].length, keys[at + 1]?.index ?? line.length).trim();
    const key = match[1] ?? '';
    // The first wins: a value such as a comment may hold text that looks like a field.
    if (!fields.has(key)) fields.set(key, value);
  }
  return fields;
}

export function parseScontrolShowJob(stdout: string, utcOffsetMinutes = 0): ScontrolJob | undefined {
  const line = stdout.split('\n').find((candidate) => candidate.startsWith('JobId='));
  if (line === undefined) return undefined;
  const fields = parseScontrolFields(line);
  const text = (key: string) => {
    const value = fields.get(key) ?? '';
    return ['', '(null)', 'N/A', 'None', 'Unknown'].includes(value) ? undefined : value;
  };
  const jobId = text('JobId');
  const state = text('JobState');
  if (jobId === undefined || state === undefined) return undefined;
  const restarts = text('Restarts');
  const time = (key: string) => parseSlurmTime(fields.get(key) ?? '', utcOffsetMinutes);
  return defined({
    jobId,
    name: text('JobName') ?? '',
    state,
    reason: text('Reason'),
    restarts: restarts === undefined ? undefined : Number(restarts),
    exitCode: parseExitCode(fields.get('ExitCode') ?? ''),
    startMs: time('StartTime'),
    endMs: time('EndTime'),
    limitMinutes: parseSlurmDuration(fields.get('TimeLimit') ?? ''),
    submitMs: time('SubmitTime'),
    preemptMs: time('PreemptTime'),
    nodes: text('NodeList'),
    partition: text('Partition'),
    stdoutPath: text('StdOut'),
  });
}

type Optionals<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function defined<T extends object>(fields: T): Optionals<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Optionals<T>;
}
