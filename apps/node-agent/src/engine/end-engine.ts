// Ends an engine: SIGTERM to the server alone, every few seconds again (a server that is still starting loses it), then
// SIGKILL to its group and to every process that belongs to it, until none is left.

import { type Clock, type Log, signalProcess, untilOver } from '@fairlead/kit';
import type { EngineFamily } from './engine-family.ts';

export interface EndEngineOptions {
  family: EngineFamily;
  /** Settles when the server itself has exited. */
  exited: Promise<unknown>;
  /** Fires when the time for a graceful end is over. */
  limit: AbortSignal;
  clock: Clock;
  log: Log;
  /** Called once, with the pids that are known to be left, when SIGKILL has not ended all of them after `stuckAfterMs`. */
  onStuck: (pids: number[]) => void;
  /** Default 10 s. */
  stuckAfterMs?: number;
}

const termIntervalMs = 4_000;
/** How long a signal waits for the search of the engine's processes before it. */
const lookTimeoutMs = 2_000;
const sweepIntervalMs = 50;
const stuckIntervalMs = 1_000;
const stuckTimeoutMs = 10_000;

/** Resolves when a search has found no process of it, and not before. Rejects only for a fault of ours. */
export async function endEngine(options: EndEngineOptions): Promise<void> {
  await terminate(options);
  await sweep(options);
}

/** Only the server gets the SIGTERM: a worker that obeys it by itself breaks the server's own clean end. */
async function terminate({ family, exited, limit, clock }: EndEngineOptions): Promise<void> {
  const gone = exited.then(() => 'gone' as const);
  const late = new Promise<'late'>((resolve) => {
    if (limit.aborted) resolve('late');
    else limit.addEventListener('abort', () => resolve('late'), { once: true });
  });
  while ((await Promise.race([gone, Promise.resolve('alive' as const)])) === 'alive' && !limit.aborted) {
    await family.look(lookTimeoutMs);
    signalProcess(family.pid, 'SIGTERM');
    const round = new AbortController();
    const again = untilOver(clock.sleep(termIntervalMs, round.signal), round.signal).then(() => 'again' as const);
    const what = await Promise.race([gone, late, again]);
    round.abort();
    if (what !== 'again') return;
  }
}

async function sweep(options: EndEngineOptions): Promise<void> {
  const { family, clock, log, onStuck, stuckAfterMs = stuckTimeoutMs } = options;
  const stuckAtMs = clock.monotonicMs() + stuckAfterMs;
  let isStuck = false;
  for (;;) {
    signalProcess(-family.pid, 'SIGKILL');
    const left = await family.look(lookTimeoutMs);
    if (left?.size === 0) return;
    const pids = [...(left?.keys() ?? [])];
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    if (!isStuck && clock.monotonicMs() >= stuckAtMs) {
      isStuck = true;
      log.error({ op: 'engine.end', ok: false, pids, looked: left !== undefined }, 'cannot see the end of the engine');
      onStuck(pids);
    }
    await clock.sleep(isStuck ? stuckIntervalMs : sweepIntervalMs);
  }
}
