// Ends an engine for good: SIGTERM to the server alone, again every few seconds (one that starts loses it), then SIGKILL
// to its group and to every process that belongs to it, then a look whether nothing is left.

import { type Clock, errnoOf, type Log, untilOver } from '@fairlead/kit';
import { type EngineIdentity, findProcesses, type Found } from './find-processes.ts';

export interface EndEngineOptions {
  pid: number;
  marker: string;
  /** Processes seen before to be its own; grows. */
  known: Found;
  /** Settles when the server itself has exited. */
  exited: Promise<unknown>;
  /** Fires when the time for a graceful end is over. */
  limit: AbortSignal;
  clock: Clock;
  log: Log;
}

const TERM_AGAIN_MS = 4000;
const SWEEP_EVERY_MS = 50;
const SWEEP_LIMIT_MS = 10_000;

/** Resolves when nothing of it is left, or with the pids that would not die. */
export async function endEngine(options: EndEngineOptions): Promise<number[]> {
  await terminate(options, () => remember(options));
  return sweep(options, options);
}

/** Adds what belongs to the engine now, so that it is known when its parent is gone. */
export async function remember(identity: EngineIdentity & { known: Found }): Promise<void> {
  for (const [pid, start] of await findProcesses(identity)) identity.known.set(pid, start);
}

/** Only the server gets the SIGTERM: a worker that obeys it by itself breaks the server's own clean end. */
async function terminate(options: EndEngineOptions, look: () => Promise<void>): Promise<void> {
  const { pid, exited, limit, clock } = options;
  const gone = exited.then(() => 'gone' as const);
  const late = new Promise<'late'>((resolve) => {
    if (limit.aborted) resolve('late');
    else limit.addEventListener('abort', () => resolve('late'), { once: true });
  });
  while ((await Promise.race([gone, Promise.resolve('alive' as const)])) === 'alive' && !limit.aborted) {
    await look();
    signalProcess(pid, 'SIGTERM');
    const round = new AbortController();
    const again = untilOver(clock.sleep(TERM_AGAIN_MS, round.signal), round.signal).then(() => 'again' as const);
    const what = await Promise.race([gone, late, again]);
    round.abort();
    if (what !== 'again') return;
  }
}

async function sweep(identity: EngineIdentity, { pid, clock, log }: EndEngineOptions): Promise<number[]> {
  const until = clock.monotonicMs() + SWEEP_LIMIT_MS;
  for (;;) {
    signalProcess(-pid, 'SIGKILL');
    const left = [...(await findProcesses(identity)).keys()];
    if (left.length === 0) return [];
    if (clock.monotonicMs() > until) {
      log.error({ op: 'engine.end', pids: left }, 'processes of the engine do not die');
      return left;
    }
    for (const one of left) signalProcess(one, 'SIGKILL');
    await clock.sleep(SWEEP_EVERY_MS);
  }
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone already; on macOS a group that holds only zombies answers EPERM.
    if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
  }
}
