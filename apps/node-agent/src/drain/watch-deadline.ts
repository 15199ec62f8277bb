// Knows when the job ends: from the environment at once, then from squeue every few minutes, for limits change.
// Says when the drain is due, once.

import { type Clock, detach, type Log, repeatTurns } from '@fairlead/kit';
import type { RunProgram } from '../job/run-program.ts';
import { parseEndTime } from './parse-slurm-times.ts';

export interface DeadlineOptions {
  jobId: string;
  /** SLURM_JOB_END_TIME, where it was set. */
  initialMs?: number;
  drainMs: number;
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
    const text = await options.run(['squeue', '-h', '-j', options.jobId, '-o', '%e'], {
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

  const readTurn = async () => {
    await read();
    return READ_EVERY_MS * (0.8 + 0.4 * options.random());
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
