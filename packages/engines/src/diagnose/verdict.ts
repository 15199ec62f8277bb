// What a log says about its engine.

import type { FailureEntry } from '../catalogue/failure-entry.ts';
import type { Names } from '../catalogue/fill-text.ts';

export interface Evidence {
  /** Counts from 1. Absent: it was not read from the log. */
  line?: number;
  /** The line, shortened. */
  text: string;
}

export type Verdict =
  /** A failure that the catalogue knows. `said`: the statement that tells it. */
  | { kind: 'failed'; entry: FailureEntry; names: Names; said: string; evidence: readonly Evidence[] }
  /** A failure that the catalogue does not know. */
  | { kind: 'unknown'; said: string; evidence: readonly Evidence[] }
  /** It was told to end, and nothing had failed before. */
  | { kind: 'stopped'; evidence: readonly Evidence[] }
  /** It answered, and the log shows no end. */
  | { kind: 'serving'; requestErrors: number; evidence: readonly Evidence[] }
  /** It starts, and the log ends there. */
  | { kind: 'unfinished'; phase?: string; evidence: readonly Evidence[] }
  /** Nothing in the log is from an engine that this knows. */
  | { kind: 'empty' };

export interface Diagnosis {
  verdict: Verdict;
  /** How often the engine was started in this log. */
  starts: number;
  /** Of the start before the last one that failed, where the last start itself shows no failure. */
  before?: Verdict;
  /** Of the engine, where the log tells it. */
  version?: string;
  lines: number;
}

/** How a process ended, as its parent saw it. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
  /** Processes of its cgroup that the kernel killed for their memory since it was started. */
  oomKills?: number;
}
