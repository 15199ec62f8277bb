// The one loop that goes on when a turn of it throws: the failure is logged here and the turn repeated.

import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { Guard } from './guard.ts';
import type { Log } from './log.ts';
import { untilOver } from './signals.ts';

export type RepeatOptions = {
  /** Names the loop in the log. */
  op: string;
  clock: Clock;
  signal: AbortSignal;
  /** Bounds of the wait after a turn that failed. Default 1 s, growing to 30 s. */
  retry?: { baseMs: number; maxMs: number };
  /** The wait before the first turn. Default 0. */
  firstAfterMs?: number;
} & (
  | {
      /** Counts the failures of `op`, with those that it is told of elsewhere. */
      guard: Guard;
    }
  | { log: Log }
);

const retryDefault = { baseMs: 1_000, maxMs: 30_000 };

/**
 * Runs `turn` again and again until the signal fires; `turn` resolves with the wait before the next one, milliseconds.
 * A turn that throws is logged once per outage and repeated with back-off. Never rejects; resolves when aborted.
 */
export async function repeatTurns(turn: () => Promise<number>, options: RepeatOptions): Promise<void> {
  const { op, clock, signal, retry = retryDefault, firstAfterMs = 0 } = options;
  const guard = 'guard' in options ? options.guard : new Guard(options.log);
  if (firstAfterMs > 0) await untilOver(clock.sleep(firstAfterMs, signal), signal);
  let failures = 0;
  while (!signal.aborted) {
    let waitMs: number;
    try {
      waitMs = await turn();
      failures = 0;
      guard.worked(op);
    } catch (error) {
      if (signal.aborted) return;
      guard.failed(op, error);
      waitMs = backoffMs({ ...retry, minMs: retry.baseMs }, failures, 0.5);
      failures += 1;
    }
    await untilOver(clock.sleep(waitMs, signal), signal);
  }
}

/** As `repeatTurns`, with the same wait before each turn, also the first and those that follow a failure. */
export function repeatEvery(
  everyMs: number,
  turn: () => void | Promise<void>,
  options: Omit<RepeatOptions, 'retry' | 'firstAfterMs'> & ({ guard: Guard } | { log: Log }),
): Promise<void> {
  const timed = async () => {
    await turn();
    return everyMs;
  };
  return repeatTurns(timed, { ...options, firstAfterMs: everyMs, retry: { baseMs: everyMs, maxMs: everyMs } });
}
