// How an engine words its own end. Data of each engine; classify-failure.ts reads an engine's last lines with it.

import type { FailureEntry } from '../catalogue/failure-entry.ts';

export interface FailureWords {
  /** A line that the engine itself writes, not a script around it. Absent: nothing tells them apart. */
  ownLine?: RegExp;
  /** Its part of the catalogue, tried after that of any node. */
  known: readonly FailureEntry[];
}
