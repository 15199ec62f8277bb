// Why Slurm ends the job: slurmstepd writes it into the job's log just before it sends SIGTERM.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';

/** Why Slurm ends a job. `cancelled`: by scancel, the user's or an operator's. */
export type SlurmNotice = 'preempted' | 'time-limit' | 'node-failure' | 'requeued' | 'task-failure' | 'cancelled';

/** What follows CANCELLED AT <time> (slurmd/slurmstepd/req.c, src/slurmd/slurmstepd/mgr.c). */
const reasons: ReadonlyArray<[pattern: RegExp, notice: SlurmNotice]> = [
  [/DUE TO PREEMPTION/, 'preempted'],
  [/DUE TO TIME LIMIT/, 'time-limit'],
  [/DUE TO NODE FAILURE/, 'node-failure'],
  [/DUE TO JOB REQUEUE/, 'requeued'],
  [/DUE TO TASK FAILURE/, 'task-failure'],
  [/\*\*\*$/, 'cancelled'],
];

const noticePattern =
  /^slurmstepd\S*: error: \*\*\* (?:JOB|STEP) (?<job>\d+)(?:\.\S+)? ON \S+ CANCELLED AT (?<at>\S+) (?<reason>.*)\*\*\*$/;
/** Slurm writes a notice for each signal of one end: the later ones lack the reason, and come at most KillWait (30 s by default) after the first. */
const sameEndMs = 60_000;
const tailBytes = 4096;

/**
 * Undefined outside Slurm, where it said nothing, and where its log cannot be read: the signal that came says enough and must
 * be obeyed. Synchronous: it sees what was written before the signal.
 */
export function readSlurmNotice(jobDir: string, jobId: string): SlurmNotice | undefined {
  return parseSlurmNotice(readJobLog(jobDir), jobId);
}

/** The end of what the job's tasks, srun and Slurm have written. Empty where there is no log, or its file system fails. Synchronous, as above. */
export function readJobLog(jobDir: string): string {
  const path = join(jobDir, 'job.log');
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    const read = readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8', 0, read);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Pure. The last notice counts, or the reason of the one that it follows. */
export function parseSlurmNotice(log: string, jobId: string): SlurmNotice | undefined {
  const notices = log.split('\n').flatMap((line) => {
    const match = noticePattern.exec(line.trimEnd());
    return match?.groups?.['job'] === jobId ? [match] : [];
  });
  const last = notices.at(-1);
  if (!last) return undefined;
  const [text] = notices.findLast((notice) => notice.groups?.['reason'] !== '' && isSameEnd(notice, last)) ?? last;
  return reasons.find(([pattern]) => pattern.test(text))?.[1];
}

function isSameEnd(notice: RegExpExecArray, last: RegExpExecArray): boolean {
  const apartMs = Date.parse(last.groups?.['at'] ?? '') - Date.parse(notice.groups?.['at'] ?? '');
  return apartMs >= 0 && apartMs <= sameEndMs;
}
