// The words of one engine about its own end, as data. classify-failure.ts reads an engine's last lines with it.

import type { FailureEntry } from '../catalogue/failure-entry.ts';

export interface FailureWords {
  /** Matches a line that the engine itself writes, not a script around it. Absent: they cannot be distinguished. */
  ownLine?: RegExp;
  /** The engine's own part of the catalogue, tried after the part of any node. */
  known: readonly FailureEntry[];
}
