// Why Slurm ends the job: slurmstepd writes it into the job's log just before it sends SIGTERM.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import type { EndCause } from '@fairlead/protocol';

/** What follows CANCELLED AT <time> (slurmd/slurmstepd/req.c, src/slurmd/slurmstepd/mgr.c). */
const REASONS: ReadonlyArray<[pattern: RegExp, cause: EndCause]> = [
  [
    /DUE TO PREEMPTION/,
    {
      code: 'preempted',
      message: 'Slurm preempted the job: one of higher priority took its place',
      hint: 'Deploy again; a partition or QOS that is not preempted keeps its jobs.',
    },
  ],
  [
    /DUE TO TIME LIMIT/,
    { code: 'deadline', message: 'the job reached its time limit', hint: 'Deploy again with more time: --time.' },
  ],
  [
    /DUE TO NODE FAILURE/,
    { code: 'job_ended', message: 'Slurm ended the job because a node failed', hint: 'Deploy again.' },
  ],
  [
    /DUE TO JOB REQUEUE/,
    {
      code: 'cancelled',
      message: 'the job was put back into the queue (requeued)',
      hint: 'It starts again by itself.',
    },
  ],
  [/\*\*\*$/, { code: 'cancelled', message: 'the job was cancelled (scancel)' }],
];

const NOTICE = /^slurmstepd\S*: error: \*\*\* JOB (\d+) ON \S+ CANCELLED AT \S+ .*\*\*\*$/;
const TAIL_BYTES = 4096;

/** Undefined outside Slurm, and where it said nothing. Synchronous: what is read is what was written before the signal. */
export function readSlurmNotice(jobDir: string, jobId: string): EndCause | undefined {
  try {
    return parseSlurmNotice(readTail(join(jobDir, 'job.log')), jobId);
  } catch (error) {
    // No log, or a file system that fails: the signal says enough.
    if (errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

function readTail(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8', 0, read);
  } finally {
    closeSync(file);
  }
}

/** Pure. The last notice counts. */
export function parseSlurmNotice(log: string, jobId: string): EndCause | undefined {
  const notice = log
    .split('\n')
    .map((line) => NOTICE.exec(line.trimEnd()))
    .findLast((match) => match?.[1] === jobId);
  return notice ? REASONS.find(([pattern]) => pattern.test(notice[0]))?.[1] : undefined;
}
