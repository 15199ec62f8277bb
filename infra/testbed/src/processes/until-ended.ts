// Waits for the end of a process that is not a child of this one.

import { systemClock } from '@fairlead/kit';
import { isSameProcessAlive, type ProcessId } from './process-id.ts';

/** Polls every `everyMs`, because Node has no event for the end of a process that is not its child. */
export async function untilEnded(id: ProcessId, everyMs = 5): Promise<void> {
  while (isSameProcessAlive(id)) await systemClock.sleep(everyMs);
}
