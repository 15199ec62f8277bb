// Knows when the job ends: from the environment at once, then from squeue every few minutes, for limits change.
// Says when the drain is due, once.

import { type Clock, detach, type Log, repeatTurns } from '@fairlead/kit';
import type { RunProgram } from '../job/run-program.ts';
import { askSlurm } from './ask-slurm.ts';
import { parseEndTime } from './parse-slurm-times.ts';

export interface DeadlineOptions {
  jobId: string;
  /** SLURM_JOB_END_TIME, where it was set. */
  initialMs?: number;
  drainMs: number;
  /** The Slurm cluster that the job went to, where the site has several. */
  cluster?: string | undefined;
  /** How often the site lets its queue be asked. */
  pollMs?: number | undefined;
  run: RunProgram;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Undefined: the job's limit was lifted. */
  onChange: (deadlineMs: number | undefined) => void;
  onNear: (deadlineMs: number) => void;
}

const READ_EVERY_MS = 180_000;
const SQUEUE_LIMIT_MS = 30_000;
/** Sleeps are cut into these, so that a clock that jumps or a job that was suspended is noticed. */
const LOOK_EVERY_MS = 5_000;

export interface Deadline {
  readonly deadlineMs: number | undefined;
}

/** Runs until aborted. */
export function watchDeadline(options: DeadlineOptions, signal: AbortSignal): Deadline {
  let deadlineMs = options.initialMs;
  let near = false;
  const startedMs = options.clock.now();
  /** A job of a minute with a drain of two would never serve: at most a quarter of its time is for the drain. */
  const drainMs = (endMs: number) => Math.min(options.drainMs, Math.max(0, endMs - startedMs) / 4);

  const read = async () => {
    const { jobId, cluster } = options;
    const question = { program: 'squeue', args: ['-h', '-j', jobId, '-o', '%e'], cluster } as const;
    const text = await askSlurm(options.run, question, {
      env: { SLURM_TIME_FORMAT: '%s' },
      limitMs: SQUEUE_LIMIT_MS,
      signal,
    });
    const found = text === undefined ? undefined : parseEndTime(text);
    const foundMs = found === 'none' ? undefined : found;
    if (found === undefined || foundMs === deadlineMs) return;
    const at = foundMs === undefined ? 'none' : new Date(foundMs).toISOString();
    options.log.info({ op: 'deadline', at }, 'the deadline is known');
    deadlineMs = foundMs;
    options.onChange(foundMs);
  };

  const pollMs = options.pollMs ?? 0;
  const readTurn = async () => {
    await read();
    const everyMs = Math.max(READ_EVERY_MS, pollMs) * (0.8 + 0.4 * options.random());
    return Math.max(everyMs, pollMs);
  };

  const lookTurn = async () => {
    const leftMs = deadlineMs === undefined ? LOOK_EVERY_MS : deadlineMs - drainMs(deadlineMs) - options.clock.now();
    if (leftMs <= 0 && deadlineMs !== undefined && !near) {
      options.onNear(deadlineMs);
      near = true;
    }
    return leftMs > 0 ? Math.min(leftMs, LOOK_EVERY_MS) : LOOK_EVERY_MS;
  };

  const loop = { clock: options.clock, log: options.log, signal };
  if (/^\d/.test(options.jobId)) detach(repeatTurns(readTurn, { ...loop, op: 'deadline.read' }));
  detach(repeatTurns(lookTurn, { ...loop, op: 'deadline.look' }));
  return {
    get deadlineMs() {
      return deadlineMs;
    },
  };
}
