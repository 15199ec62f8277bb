// Tells V8 to count the memory of buffers with the heap's own.

import { getBuiltinModule } from 'node:process';

/** The release line whose V8 has the flag and does not set it itself. Another one prints a complaint about a flag that it lacks. */
const nodeLine = 24;

/**
 * For a program that carries bodies; call it first, once a process. V8 has a limit of its own for memory outside the heap, 32 MiB, after which it marks
 * the whole heap: each 8 MB of a body cost a full collection, and these more than all else together. Counted with the heap, the limit grows
 * with what is alive (`--v8-options`: external-memory-accounted-in-global-limit).
 */
export function countBuffersAsHeap(nodeVersion: string): void {
  if (Number(nodeVersion.split('.', 1)[0]) === nodeLine)
    getBuiltinModule('node:v8').setFlagsFromString('--external-memory-accounted-in-global-limit');
}
