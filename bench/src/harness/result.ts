// The result of a bench, and how it is printed: tables, then one line for each budget.

import type { Scope } from '@fairlead/kit';

import type { Judged } from './judge.ts';
import { figure, renderTable, type Table } from './table.ts';

export interface BenchOptions {
  /** Few and short rounds: shows that the bench works, not how fast Fairlead is. */
  quick: boolean;
  /** Owns what the bench opens. Closed at the bench's end, also on interruption. */
  scope: Scope;
  /** Prints progress. */
  say: (line: string) => void;
}

export interface BenchResult {
  bench: string;
  tables: readonly Table[];
  verdicts: readonly Judged[];
  /** Further facts, and why a measurement was left out. */
  notes: readonly string[];
  /** Written into the JSON unchanged. */
  data: object;
}

export function renderResult({ bench, tables, verdicts, notes }: BenchResult): string {
  const judged: Table = {
    title: `${bench}: budgets`,
    columns: ['figure', 'median', 'spread', 'must', 'verdict'],
    rows: verdicts.map(({ what, unit, median, low, high, bound, verdict }) => [
      what,
      `${figure(median)} ${unit}`,
      `${figure(low)} to ${figure(high)}`,
      bound,
      verdict,
    ]),
  };
  const all = verdicts.length === 0 ? tables : [...tables, judged];
  return [...all.map(renderTable), ...notes.map((note) => `note: ${note}`)].join('\n');
}
