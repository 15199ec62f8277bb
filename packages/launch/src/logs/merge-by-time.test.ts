import { describe, expect, it } from 'vitest';

import { mergeByTime } from './merge-by-time.ts';

const merged = (...parts: string[][]) =>
  mergeByTime(parts.map((lines, node) => ({ node, lines }))).map(({ node, line }) => `${node} ${line}`);

describe('mergeByTime', () => {
  it('orders the lines of all nodes by their times, and keeps a traceback behind its line', () => {
    expect(
      merged(
        ['INFO 11-30 20:23:10 [core.py:1] a', '(EngineCore pid=1) INFO 11-30 20:23:14 [core.py:1] d'],
        ['(Worker pid=2) INFO 11-30 20:23:12 [x.py:1] b', 'Traceback (most recent call last):'],
      ),
    ).toEqual([
      '0 INFO 11-30 20:23:10 [core.py:1] a',
      '1 (Worker pid=2) INFO 11-30 20:23:12 [x.py:1] b',
      '1 Traceback (most recent call last):',
      '0 (EngineCore pid=1) INFO 11-30 20:23:14 [core.py:1] d',
    ]);
  });

  it('reads the times of an agent, which have fractions of a second', () => {
    expect(
      merged(['2026-11-30T20:23:13.200Z b'], ['2026-11-30T20:23:13.100Z a', '2026-11-30T20:23:13.300Z c']),
    ).toEqual(['1 2026-11-30T20:23:13.100Z a', '0 2026-11-30T20:23:13.200Z b', '1 2026-11-30T20:23:13.300Z c']);
  });

  it('keeps the order within a node whose clock was set back, and of nodes without times', () => {
    expect(merged(['11-30 20:23:13 a', '11-30 20:23:01 b'], ['11-30 20:23:10 c'])).toEqual([
      '1 11-30 20:23:10 c',
      '0 11-30 20:23:13 a',
      '0 11-30 20:23:01 b',
    ]);
    expect(merged(['a', 'b'], ['c'])).toEqual(['0 a', '0 b', '1 c']);
  });
});
