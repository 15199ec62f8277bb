// How an engine words its own end. Data of each engine; classify-failure.ts reads an engine's last lines with it.

import type { KnownFailure } from './known-failure.ts';

export interface FailureWords {
  /** Its line about wrong arguments, with the text in the first group; it then exits with 2. */
  usage?: RegExp;
  /** Exceptions that only say that another one happened. */
  wrappers?: RegExp;
  /** Exceptions that follow the one that says why. */
  weak?: RegExp;
  /** A line that the engine itself writes, not a script around it. Absent: nothing tells them apart. */
  ownLine?: RegExp;
  /** In the order in which they are tried, before those of any node. */
  known: readonly KnownFailure[];
}
