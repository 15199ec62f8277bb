// A loop that goes on when a turn of it throws: the failure is logged here and the turn repeated.

import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { errorText } from './coded-error.ts';
import type { Log } from './log.ts';
import { untilOver } from './signals.ts';

export interface RepeatOptions {
  /** Names the loop in the log. */
  op: string;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Bounds of the wait after a turn that failed. Default 1 s, growing to 30 s. */
  retry?: { baseMs: number; maxMs: number };
}

const RETRY = { baseMs: 1_000, maxMs: 30_000 };

/**
 * Runs `turn` again and again until the signal fires; `turn` resolves with the wait before the next one, milliseconds.
 * A turn that throws is logged once per outage and repeated with back-off. Never rejects; resolves when aborted.
 */
export async function repeatTurns(turn: () => Promise<number>, options: RepeatOptions): Promise<void> {
  const { op, clock, log, signal, retry = RETRY } = options;
  let failures = 0;
  while (!signal.aborted) {
    let waitMs: number;
    try {
      waitMs = await turn();
      if (failures > 0) log.info({ op, ok: true, failures }, 'works again');
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (failures === 0) log.warn({ op, ok: false, error: errorText(error) }, 'failed; it is tried again');
      waitMs = backoffMs({ ...retry, minMs: retry.baseMs }, failures, 0.5);
      failures += 1;
    }
    await untilOver(clock.sleep(waitMs, signal), signal);
  }
}
