// The figures of one level, by the definitions of `vllm bench serve` (calculate_metrics in vllm/benchmarks/serve.py, vLLM 0.32). Pure.

import type { BenchLevel, BenchStats } from '../../output/lines/bench-lines.ts';
import type { TimedRequest } from './stream-timer.ts';

export interface LevelRun {
  concurrency: number;
  outcomes: readonly TimedRequest[];
  /** From before the first request to after the last answer. */
  durationMs: number;
}

const errorsKept = 5;

export function summarizeLevel({ concurrency, outcomes, durationMs }: LevelRun): BenchLevel {
  const good = outcomes.filter((outcome) => outcome.error === undefined);
  const seconds = durationMs / 1000;
  const inputTokens = sum(good.map((outcome) => outcome.inputTokens));
  const outputTokens = sum(good.map((outcome) => outcome.outputTokens));
  const reasons = new Set(outcomes.flatMap(({ error }) => (error === undefined ? [] : [error])));
  return {
    concurrency,
    requests: outcomes.length,
    completed: good.length,
    failed: outcomes.length - good.length,
    durationSeconds: seconds,
    inputTokens,
    outputTokens,
    requestsPerSecond: good.length / seconds,
    outputTokensPerSecond: outputTokens / seconds,
    totalTokensPerSecond: (inputTokens + outputTokens) / seconds,
    ttftMs: describe(good.map(({ ttftMs = 0 }) => ttftMs)),
    // Of answers with one token there is none.
    tpotMs: describe(good.flatMap((outcome) => (outcome.outputTokens > 1 ? [tpotOf(outcome)] : []))),
    itlMs: describe(good.flatMap(({ itlMs }) => itlMs)),
    latencyMs: describe(good.map(({ latencyMs }) => latencyMs)),
    errors: [...reasons].slice(0, errorsKept),
  };
}

/** Time per output token: what follows the first token, over the tokens that follow it. */
function tpotOf({ latencyMs, ttftMs = 0, outputTokens }: TimedRequest): number {
  return (latencyMs - ttftMs) / (outputTokens - 1);
}

/** All 0 for no values, as there. `std` is that of the population, as numpy's. */
export function describe(values: readonly number[]): BenchStats {
  if (values.length === 0) return { mean: 0, std: 0, median: 0, p90: 0, p99: 0 };
  const sorted = values.toSorted((a, b) => a - b);
  const mean = sum(sorted) / sorted.length;
  const variance = sum(sorted.map((value) => (value - mean) ** 2)) / sorted.length;
  return {
    mean,
    std: Math.sqrt(variance),
    median: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
  };
}

/** With linear interpolation between the neighbours, as numpy.percentile. */
function percentile(sorted: readonly number[], percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
