// How long the agent waits before it doubts a serving engine, and where each number comes from. The settings of `health` replace
// four of them; their defaults in packages/protocol/src/spec-defaults.ts keep the sum of every way to the verdict below 60 s.
//
//   probeIntervalSeconds 15  An idle engine answers one token in 0.02–1.8 s (vLLM 0.32 on a CPU), so asking costs it nothing.
//   probeLimitSeconds    15  One token took 0.07 s beside 50 streams, 1.8 s after a stop of 30 s.
//   probeFailures         2  One limit may be missed while a request of another client fills a step.
//   stallSeconds         30  vLLM reports its load after each step. A step takes at most 16,384 tokens of a prompt
//                            (`max_num_batched_tokens`), and a model of 405B reads about 1,000 tokens a second: 17 s.
//
// The longest ways: idle 15 + 5 + 15 + 1 + 15 = 51 s; busy 30 + 5 + 15 = 50 s; the server itself 5 + 15 + 1 + 15 = 36 s.

export const healthTimes = {
  /** Between two looks at an engine that works. A look reads `/health` and the metrics: about 100 kB of a vLLM. */
  lookIntervalMs: 5_000,
  /** Between two looks at an engine in doubt. */
  doubtIntervalMs: 1_000,
  /** vLLM gives its metrics in 0.05 s; a look without them is as one of an engine that has none. */
  metricsLimitMs: 2_000,
  /** A wait that took so much longer than it was to take: the agent itself did not run, so what it saw says nothing. */
  pauseMs: 5_000,
} as const;
