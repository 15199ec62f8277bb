// What travels between `fairlead bench --on-node` and its program on the node: what to measure, and a JSON line for each thing told.

import { z } from 'zod';

import { benchLevel } from '../../../output/lines/bench-lines.ts';

const count = z.int().min(1);

export const nodeBench = z.object({
  name: z.string(),
  /** The job's directory, with the instance's spec and connection file. */
  jobDir: z.string(),
  api: z.enum(['completions', 'chat']),
  plan: z.object({
    mode: z.enum(['quick', 'full']),
    levels: z.array(z.object({ concurrency: count, requests: count })),
    inputTokens: count,
    outputTokens: count,
  }),
});
export type NodeBench = z.infer<typeof nodeBench>;

export const nodeBenchLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('busy'), text: z.string() }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  z.object({ type: z.literal('level'), level: benchLevel }),
  z.object({ type: z.literal('failed'), message: z.string(), hint: z.string().optional() }),
]);
export type NodeBenchLine = z.infer<typeof nodeBenchLine>;
