import { expect, it } from 'vitest';

import { plotLatency } from './plot.ts';
import type { Row } from './rows.ts';

const row = (way: Row['way'], streams: number, ms: number): Row => ({
  way,
  streams,
  ttfbNewMs: { p50: ms, p99: ms },
  ttfbKeptMs: { p50: ms, p99: ms },
  ttfbBurstMs: { p50: ms, p99: ms },
  requestsPerSecond: 1,
  tokensPerSecond: 1,
  gapMs: { p99: 1 },
  bulkMBPerSecond: 1,
  cpuSeconds: 1,
  failures: 0,
  ratios: { ttfbNewAdded: 1, ttfbKeptAdded: 1, ttfbBurstAdded: 1, tokensPerSecond: 1, cpuSeconds: 1 },
});

it('The plot has a line for each way, a point for each number of streams, and higher is slower', () => {
  const svg = plotLatency([
    row('openssh', 1, 5),
    row('openssh', 100, 50),
    row('fairlead', 1, 2),
    row('fairlead', 100, 50),
  ]);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg.match(/<circle/g)).toHaveLength(4);
  const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
  expect(heights[2]).toBeGreaterThan(heights[0] ?? 0);
  expect(heights[3]).toBe(heights[1]);
  expect(svg).not.toContain('NaN');
});

it('The plot of one number of streams has its points in the middle', () => {
  expect(plotLatency([row('direct', 7, 1)])).not.toMatch(/NaN|Infinity/);
});
