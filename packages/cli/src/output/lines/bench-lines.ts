// Lines of `bench`. A run is also what `--with` reads back from a file.

import { timeMs } from '@fairlead/protocol';
import { z } from 'zod';

import { line, ok, text, texts } from './line.ts';

const amount = z.number().min(0);

const benchStats = z.object({ mean: amount, std: amount, median: amount, p90: amount, p99: amount });
export type BenchStats = z.infer<typeof benchStats>;

export const benchLevel = z.object({
  concurrency: z.int().min(1),
  requests: amount,
  completed: amount,
  failed: amount,
  durationSeconds: amount,
  inputTokens: amount,
  outputTokens: amount,
  requestsPerSecond: amount,
  outputTokensPerSecond: amount,
  totalTokensPerSecond: amount,
  ttftMs: benchStats,
  tpotMs: benchStats,
  itlMs: benchStats,
  latencyMs: benchStats,
  errors: texts,
});
export type BenchLevel = z.infer<typeof benchLevel>;

const runFields = {
  name: text,
  servedModel: text,
  engine: text,
  cluster: text,
  instance: text,
  /** `here`: through both hops. `node`: on the node, at the front. Runs of earlier versions are from here. */
  from: z.enum(['here', 'node']).default('here'),
  atMs: timeMs,
  mode: z.enum(['quick', 'full']),
  api: z.enum(['completions', 'chat']),
  /** Of each request, as wanted. */
  inputTokens: amount,
  outputTokens: amount,
  gpus: texts,
  levels: z.array(benchLevel),
};

export const benchRun = z.object(runFields);
export type BenchRun = z.infer<typeof benchRun>;

export const benchLines = {
  'bench.level': line('One level of concurrency is measured. Times are milliseconds.', { level: benchLevel }),
  'bench.done': line('The result, which `--with` reads. `html` is the page that was written.', {
    ok,
    ...runFields,
    html: text.optional(),
  }),
};
