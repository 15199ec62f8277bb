import { expect, it } from 'vitest';

import type { BenchRun } from '../../output/lines/bench-lines.ts';
import { benchPage } from './bench-page.ts';
import { benchText } from './bench-text.ts';
import { parseRuns } from './read-runs.ts';
import { ticksTo } from './render-plot.ts';

const stats = { mean: 20, std: 1, median: 20, p90: 25, p99: 30 };
const level = {
  requests: 4,
  completed: 4,
  failed: 0,
  durationSeconds: 2,
  inputTokens: 512,
  outputTokens: 256,
  requestsPerSecond: 2,
  totalTokensPerSecond: 384,
  ttftMs: stats,
  tpotMs: stats,
  itlMs: stats,
  latencyMs: stats,
  errors: [],
};
const run: BenchRun = {
  name: 'demo',
  servedModel: 'tiny',
  engine: 'sim',
  cluster: 'tb',
  instance: 'abcdefgh',
  from: 'here',
  atMs: 1_795_226_370_000,
  mode: 'quick',
  api: 'completions',
  inputTokens: 128,
  outputTokens: 64,
  gpus: ['A100'],
  levels: [
    { ...level, concurrency: 1, outputTokensPerSecond: 128 },
    { ...level, concurrency: 8, outputTokensPerSecond: 900 },
  ],
};
const bad: BenchRun = {
  ...run,
  name: '<script>alert("1")</script>',
  levels: [
    { ...level, concurrency: 1, completed: 0, failed: 4, outputTokensPerSecond: 0, errors: ['the answer was 400'] },
  ],
};

it('benchPage plots every run, loads nothing, and has no text of a run as HTML', () => {
  const page = benchPage([run, bad]);
  expect(page.match(/<svg /g)).toHaveLength(4);
  expect(page).toContain('demo, 99th percentile: 30 ms at 8');
  expect(page).toContain('<td>900</td>');
  expect(page).not.toMatch(/<script|https?:|src=|url\(/);
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
  expect(page).not.toContain('NaN');
});

it('benchText has a row for each level, the name where runs are compared, and why requests failed', () => {
  expect(benchText([run]).split('\n')[2]).toMatch(/^8 +4 +900 +2\.00 +20\.0 +30\.0 /);
  const both = benchText([run, bad]);
  expect(both).toMatch(/^NAME +CONCURRENCY/);
  expect(both).toContain('0 of 4');
  expect(both).toContain('concurrency 1: the answer was 400');
});

it('parseRuns finds the finished runs among the lines of a command', () => {
  const lines = [
    { event: 'route.taken' },
    { event: 'bench.done', ok: true, ...run },
    { event: 'bench.done', levels: [] },
  ];
  const { from: _from, ...former } = run;
  expect(parseRuns(JSON.stringify({ event: 'bench.done', ok: true, ...former }))).toEqual([run]);
  expect(parseRuns(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"event":"bench.done"`)).toEqual([run]);
});

it('ticksTo makes round steps that reach the highest value', () => {
  expect(ticksTo(900)).toEqual([0, 500, 1000]);
  expect(ticksTo(0.37)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  expect(ticksTo(0)).toEqual([0, 1]);
});
