// The result of judging an engine's log.

import type { FailureEntry } from '../catalogue/failure-entry.ts';
import type { Names } from '../catalogue/fill-text.ts';

export interface Evidence {
  /** Counts from 1. Absent: the evidence is not from the log. */
  line?: number;
  /** The line, shortened. */
  text: string;
}

export type Verdict =
  /** A failure that the catalogue knows. `said`: the statement that shows it. */
  | { kind: 'failed'; entry: FailureEntry; names: Names; said: string; evidence: readonly Evidence[] }
  /** A failure that the catalogue does not know. */
  | { kind: 'unknown'; said: string; evidence: readonly Evidence[] }
  /** The engine was told to end, and nothing had failed before. */
  | { kind: 'stopped'; evidence: readonly Evidence[] }
  /** The engine became ready, and the log shows no end. */
  | { kind: 'serving'; requestErrors: number; evidence: readonly Evidence[] }
  /** The log ends during the start. */
  | { kind: 'unfinished'; phase?: string; evidence: readonly Evidence[] }
  /** No line of the log is from a known engine. */
  | { kind: 'empty' };

export interface Diagnosis {
  verdict: Verdict;
  /** The number of starts of the engine in this log. */
  starts: number;
  /** The verdict on the start before the last one, if that failed and the last one shows no failure. */
  before?: Verdict;
  /** The engine's version, if the log names it. */
  version?: string;
  lines: number;
}

/** The end of a process, as its parent saw it. Code and signal null: it takes no more connections, and has not ended yet. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
  /** How many processes of its cgroup the kernel has killed for lack of memory since the start. */
  oomKills?: number;
  /** It has said that it is about to end, and has not ended yet. */
  isEnding?: boolean;
}
