// How results read on a terminal. Pure.

import type { Style } from '../output/printer.ts';
import type { CheckResult, CheckStatus } from './check.ts';

const marks: Record<CheckStatus, { word: string; format: Style }> = {
  ok: { word: 'ok  ', format: 'green' },
  warn: { word: 'warn', format: 'yellow' },
  fail: { word: 'FAIL', format: 'red' },
  skipped: { word: 'skip', format: 'dim' },
};

/** One line where all is well; three where something is to be done. */
export function reportLine(result: CheckResult, style: (format: Style, text: string) => string): string {
  const { word, format } = marks[result.status];
  const head = `${style(format, word)}  ${result.title}`;
  if (result.todo === undefined) return `${head}: ${result.found}`;
  const lines = [
    ['tried', result.tried],
    ['found', result.found],
    ['do', result.todo],
  ].map(
    ([name = '', text = '']) =>
      `        ${style('dim', name.padEnd(5))}  ${text.replaceAll('\n', '\n               ')}`,
  );
  return [head, ...lines].join('\n');
}

export function countsOf(results: readonly CheckResult[]): Record<CheckStatus, number> {
  const counts = { ok: 0, warn: 0, fail: 0, skipped: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}
