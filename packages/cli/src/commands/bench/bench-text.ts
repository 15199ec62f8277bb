// The table of `fairlead bench`: a row for each level of each run. Pure.

import { table } from '../../output/table.ts';
import { visibleText } from '@fairlead/kit';
import type { BenchLevel, BenchRun } from '../../output/lines/bench-lines.ts';

const head = [
  'CONCURRENCY',
  'REQUESTS',
  'OUTPUT TOKENS/S',
  'REQUESTS/S',
  'TTFT',
  'TTFT P99',
  'TPOT',
  'ITL',
  'ITL P99',
  'LATENCY',
];

export function benchText(runs: readonly BenchRun[]): string {
  const isOne = runs.length === 1;
  const rows = runs.flatMap((run) => run.levels.map((level) => [...(isOne ? [] : [run.name]), ...cellsOf(level)]));
  const errors = runs.flatMap((run) => run.levels.flatMap((level) => errorLines(run, level)));
  return [
    table([...(isOne ? [] : ['NAME']), ...head], rows),
    '',
    'Medians and 99th percentiles in milliseconds; definitions as `vllm bench serve` has them.',
    ...errors,
  ].join('\n');
}

function cellsOf(level: BenchLevel): string[] {
  const { ttftMs, tpotMs, itlMs, latencyMs } = level;
  return [
    String(level.concurrency),
    level.failed === 0 ? String(level.completed) : `${level.completed} of ${level.requests}`,
    figure(level.outputTokensPerSecond),
    figure(level.requestsPerSecond),
    figure(ttftMs.median),
    figure(ttftMs.p99),
    figure(tpotMs.median),
    figure(itlMs.median),
    figure(itlMs.p99),
    figure(latencyMs.median),
  ];
}

function errorLines({ name }: BenchRun, { concurrency, failed, errors }: BenchLevel): string[] {
  return failed === 0 ? [] : errors.map((error) => `${name}, concurrency ${concurrency}: ${visibleText(error)}`);
}

/** Three significant digits, without an exponent. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
