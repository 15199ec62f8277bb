// How many requests an instance takes at once, learnt from what its engine says: a queue in the engine means that no more fit than run there,
// whether its `max_num_seqs` says so or its KV cache. Pure.

import type { Load } from '@fairlead/protocol';

/** vLLM's own `max_num_seqs` on most GPUs. */
export const usualCapacity = 256;
const maxCapacity = 4_096;
/** Of what is known, to find out that there is room again: a part of it waits in the engine for a moment where there is none. */
const growth = 1 / 8;

export function learnCapacity(known: number, load: Load | undefined, inFlight: number): number {
  if (load?.running === undefined || load.waiting === undefined) return known;
  if (load.waiting > 0) return load.running > 0 ? Math.min(maxCapacity, load.running) : known;
  if (inFlight < known) return known;
  return Math.min(maxCapacity, known + Math.max(1, Math.ceil(known * growth)));
}
