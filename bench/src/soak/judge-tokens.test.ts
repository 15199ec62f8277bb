import { expect, it } from 'vitest';

import type { Asked } from './ask-once.ts';
import { judgeTokens } from './judge-tokens.ts';

function asked(requestId: string, end: Asked['end'], got: number): Asked {
  const times = { startedMs: 0, endedMs: 1 };
  return { requestId, end, got, wanted: 10, status: 200, words: '', retryAfterMs: undefined, ...times };
}
const row = (requestId: string, completionTokens: number, outcome = 'completed') => ({
  requestId,
  outcome,
  completionTokens,
});

const all = [asked('r1', 'whole', 10), asked('r2', 'cut', 4), asked('r3', 'lost', 0)];
const rows = [row('r1', 10), row('r2', 4, 'upstream_failed')];

it('Tokens may be missing as far as requests that were cut had reserved them', () => {
  expect(judgeTokens(all, rows, { generated: 30 })).toEqual({
    settled: 14,
    generated: 30,
    unsettledReserve: 16,
    problems: [],
  });
});

it.each([
  ['more are missing than were reserved', rows, 31],
  ['more were settled than generated', rows, 13],
  ['a whole answer is not among the rows', [row('r2', 4, 'upstream_failed')], 14],
  ['a whole answer is settled as less', [row('r1', 9), row('r2', 4, 'upstream_failed')], 14],
  ['a whole answer is settled as a failure', [row('r1', 10, 'upstream_failed'), row('r2', 4)], 14],
])('It is a problem where %s', (_title, settled, generated) => {
  expect(judgeTokens(all, settled, { generated }).problems).toHaveLength(1);
});
