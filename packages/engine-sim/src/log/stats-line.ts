// The line that vLLM prints every ten seconds while it works, and once or twice afterwards.

import { api, type LogLine } from './log-line.ts';

export interface StatsSample {
  promptTokens: number;
  generationTokens: number;
  running: number;
  waiting: number;
  /** 0 to 1. */
  kvUsage: number;
}

export const statsIntervalMs = 10_000;

/** Undefined if vLLM prints no line: it is idle now and was idle at the last sample. */
export function statsLine(now: StatsSample, before: StatsSample, seconds: number): LogLine | undefined {
  const prompt = (now.promptTokens - before.promptTokens) / seconds;
  const generation = (now.generationTokens - before.generationTokens) / seconds;
  if (prompt === 0 && generation === 0 && before.running === 0 && now.running === 0) return undefined;
  return api(
    'loggers.py:335',
    `Engine 000: Avg prompt throughput: ${prompt.toFixed(1)} tokens/s, Avg generation throughput: ${generation.toFixed(1)} tokens/s, Running: ${now.running} reqs, Waiting: ${now.waiting} reqs, CPU KV cache usage: ${(now.kvUsage * 100).toFixed(1)}%, Prefix cache hit rate: 0.0%`,
  );
}
