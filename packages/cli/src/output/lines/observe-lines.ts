// Lines of the commands that watch deployments: metrics and top.

import { instanceRole, instanceState, nodeState, replica, timeMs } from '@fairlead/protocol';
import { z } from 'zod';

import { line, ok, optionalText, text } from './line.ts';

const optionalNumber = z.number().optional();

/** JSON has no Infinity and no NaN: they are text, as Prometheus writes them. */
const sampleValue = z.codec(
  z.union([z.number(), z.enum(['NaN', '+Inf', '-Inf'])]),
  z.union([z.number(), z.nan(), z.literal([Infinity, -Infinity])]),
  {
    decode: (written) => (typeof written === 'number' ? written : numberOf[written]),
    encode: (value) =>
      Number.isFinite(value) ? value : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : 'NaN',
  },
);

const numberOf = { NaN: Number.NaN, '+Inf': Infinity, '-Inf': -Infinity } as const;

const gpuLoad = z.object({
  id: text,
  utilization: optionalNumber,
  memoryUsedBytes: optionalNumber,
  memoryTotalBytes: optionalNumber,
});

const instanceLoad = z.object({
  name: text,
  instance: text,
  role: instanceRole,
  replica,
  servedModel: text,
  cluster: text,
  state: instanceState,
  jobId: optionalText,
  inFlight: optionalNumber,
  running: optionalNumber,
  waiting: optionalNumber,
  generationTokensPerSecond: optionalNumber,
  promptTokensPerSecond: optionalNumber,
  kvCacheUsage: optionalNumber,
  secondsLeft: optionalNumber,
  problem: optionalText,
  gpus: z.array(gpuLoad),
  /** Of a job over several nodes. */
  nodes: z
    .array(
      z.object({
        rank: z.number(),
        host: text,
        state: nodeState,
        pressure: optionalText,
        memoryHeldBytes: optionalNumber,
        memoryLimitBytes: optionalNumber,
        gpus: z.array(gpuLoad),
      }),
    )
    .optional(),
});

export type InstanceLoad = z.infer<typeof instanceLoad>;

export const observeLines = {
  metrics: line("The result: every sample of the page, the agent's own and the engine's.", {
    ok,
    name: text,
    instance: text,
    samples: z.array(z.object({ name: text, labels: z.record(z.string(), z.string()), value: sampleValue })),
  }),
  top: line('One look; with `--once` the result. What is not known is left out; shares are from 0 to 1.', {
    ok,
    atMs: timeMs,
    instances: z.array(instanceLoad),
  }),
};
