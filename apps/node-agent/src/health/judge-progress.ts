// Decides whether an engine gets on, from two looks at its token counters. Pure. Does not see the hang of an idle engine: a frozen
// vLLM reports that nothing runs even while a request waits, so an idle engine must be asked for a completion.

import type { EngineMetrics } from '@fairlead/engines';

export interface ProgressMemory {
  tokens: number;
  /** Since when the counters stand still with requests running. */
  sinceMs: number;
}

export interface Progress {
  memory: ProgressMemory;
  /** `waiting`: requests run, no token yet, and the limit is not reached. */
  verdict: 'idle' | 'progressed' | 'waiting' | 'stalled';
}

export function judgeProgress(
  before: ProgressMemory | undefined,
  seen: { metrics: EngineMetrics; now: number },
  stallMs: number,
): Progress {
  const { metrics, now } = seen;
  const tokens = metrics.promptTokens + metrics.generationTokens;
  const fresh: ProgressMemory = { tokens, sinceMs: now };
  if (metrics.running === 0) return { memory: fresh, verdict: 'idle' };
  if (!before) return { memory: fresh, verdict: 'waiting' };
  if (before.tokens !== tokens) return { memory: fresh, verdict: 'progressed' };
  return { memory: before, verdict: now - before.sinceMs >= stallMs ? 'stalled' : 'waiting' };
}
