// Keeps the process of a worker small: it waits most of its life, and its memory is that of the model's node.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Before the worker's code is loaded. Without the optimizing compilers 5 MB of the Node program are not touched; what a worker does
 * with much data, the log of its engine, is done by Node's own buffers.
 */
export function compilePlainly(): void {
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-maglev');
}

/** Gives back what the start has left behind, some 6 MB. Takes some 50 ms. */
export function collectAll(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}
