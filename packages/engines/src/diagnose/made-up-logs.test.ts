// Logs of one and of several nodes as they may come: mixed by srun or Ray, cut, with quotations of errors, with clocks that differ.
// Each has to lead to the verdict that a person would give.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { judgeRanks } from './judge-ranks.ts';
import { createLogJudge } from './log-judge.ts';

const text = readFileSync(new URL('../../golden/made-up-logs.txt', import.meta.url), 'utf8');
const cases = text
  .split(/^=== /m)
  .slice(1)
  .map((block) => {
    const [, expected = '', what = '', lines = ''] = /^(\S+): (.+)\n([\s\S]*)$/.exec(block) ?? [];
    return { expected, what, logs: lines.split(/^---\n/m).map((log) => log.split('\n')) };
  });

it.each(cases)('$expected is the verdict: $what', ({ expected, logs }) => {
  for (const order of [logs, logs.toReversed()]) {
    const { verdict } = judgeRanks(order.map(diagnose)).diagnosis;
    expect(verdict.kind === 'failed' ? verdict.entry.id : verdict.kind).toBe(expected);
  }
});

function diagnose(lines: readonly string[]) {
  const judge = createLogJudge();
  for (const line of lines) judge.push(line);
  return judge.diagnose();
}
