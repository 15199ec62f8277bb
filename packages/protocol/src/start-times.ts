// `start-times.json` in a user's state on the cluster: how long the starts of each model took. Agents write and read it.

import { z } from 'zod';

import { durationMs, timeMs } from './bounds.ts';
import { startPhase } from './instance.ts';

export const startTime = z.object({
  /** When it was ready. */
  atMs: timeMs,
  totalMs: durationMs,
  phases: z.partialRecord(startPhase, durationMs),
});
export type StartTime = z.infer<typeof startTime>;

export const startTimes = z.object({
  version: z.literal(1),
  /** By model, engine and kind of node. */
  starts: z.record(z.string(), startTime),
});
export type StartTimes = z.infer<typeof startTimes>;
