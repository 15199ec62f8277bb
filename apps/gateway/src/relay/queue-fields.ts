// What a client is told of its time in the queue: lines of the answer's head. Pure.

import type { Ticket } from '../admission/fair-admission.ts';

/** None where it did not wait. */
export function queueFields({ place, waitedMs }: Pick<Ticket, 'place' | 'waitedMs'>): string[] {
  if (place === 0) return [];
  return [`x-fairlead-queue-place: ${place}`, `x-fairlead-queued-ms: ${Math.round(waitedMs)}`];
}
