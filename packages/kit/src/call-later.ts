// One call at a later time. The caller need not await it, and undoes it by its signal.

import type { Clock } from './clock.ts';
import { detach } from './detach.ts';
import { untilOver } from './signals.ts';

interface Later {
  clock: Clock;
  afterMs: number;
  signal: AbortSignal;
}

/** Calls once, unless the signal fires before. What the callback throws ends the process. */
export function callLater(callback: () => void, { clock, afterMs, signal }: Later): void {
  detach(untilOver(clock.sleep(afterMs, signal).then(callback), signal));
}
