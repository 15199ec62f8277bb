// Which requests a benchmark sends: how many, how large, how many at a time. Pure.

export interface BenchPlan {
  mode: 'quick' | 'full';
  levels: readonly { concurrency: number; requests: number }[];
  /** Tokens of each prompt, and of each answer. */
  inputTokens: number;
  outputTokens: number;
}

export interface BenchWish {
  full: boolean;
  concurrency?: readonly number[] | undefined;
  /** At each level. */
  requests?: number | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
}

const modes = {
  /** Some ten seconds with a model of 8B on one GPU. */
  quick: { concurrency: [1, 8], perStream: 2, leastRequests: 4, inputTokens: 128, outputTokens: 64 },
  full: { concurrency: [1, 8, 32], perStream: 4, leastRequests: 16, inputTokens: 512, outputTokens: 128 },
} as const;

export function planBench(wish: BenchWish): BenchPlan {
  const mode = wish.full ? 'full' : 'quick';
  const { concurrency, perStream, leastRequests, inputTokens, outputTokens } = modes[mode];
  return {
    mode,
    levels: (wish.concurrency ?? concurrency).map((streams) => ({
      concurrency: streams,
      requests: wish.requests ?? Math.max(leastRequests, perStream * streams),
    })),
    inputTokens: wish.inputTokens ?? inputTokens,
    outputTokens: wish.outputTokens ?? outputTokens,
  };
}
