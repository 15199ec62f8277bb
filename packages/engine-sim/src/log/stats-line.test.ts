import { expect, test } from 'vitest';
import { statsLine } from './stats-line.ts';

const idle = { promptTokens: 100, generationTokens: 1000, running: 0, waiting: 0, kvUsage: 0 };

test('statsLine: reports the work since the last line, as recorded', () => {
  const now = { ...idle, promptTokens: 240, generationTokens: 12_593, running: 2, kvUsage: 0.0021 };
  expect(statsLine(now, idle, 10)?.text).toBe(
    'Engine 000: Avg prompt throughput: 14.0 tokens/s, Avg generation throughput: 1159.3 tokens/s, Running: 2 reqs, Waiting: 0 reqs, CPU KV cache usage: 0.2%, Prefix cache hit rate: 0.0%',
  );
});

test('statsLine: once more when the work has ended, then never', () => {
  expect(statsLine(idle, { ...idle, running: 2 }, 10)?.text).toContain(
    'generation throughput: 0.0 tokens/s, Running: 0 reqs',
  );
  expect(statsLine(idle, idle, 10)).toBeUndefined();
});
