// Notices a connection that is open but dead. ssh2 sends a keepalive every interval, and any received byte is a sign of life.
// (ssh2's own check counts only answers to its keepalives, which wait behind bulk data: mscdex/ssh2#474.)

import { type Clock, untilOver } from '@fairlead/kit';

export interface LifeWatch {
  clock: Clock;
  intervalMs: number;
  countMax: number;
  bytesRead(): number;
}

/** Resolves with true when nothing was received for `countMax + 1` intervals; with false when the signal fires first. */
export async function watchLife(watch: LifeWatch, signal: AbortSignal): Promise<boolean> {
  let silentTurns = 0;
  let seen = watch.bytesRead();
  while (silentTurns <= watch.countMax) {
    await untilOver(watch.clock.sleep(watch.intervalMs, signal), signal);
    if (signal.aborted) return false;
    const now = watch.bytesRead();
    silentTurns = now === seen ? silentTurns + 1 : 0;
    seen = now;
  }
  return true;
}
