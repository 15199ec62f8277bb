// The settings of an engine that can run on Ray over several nodes.

import { z } from 'zod';

export const rayOptions = {
  executor: z
    .enum(['mp', 'ray'])
    .optional()
    .meta({
      description:
        "What holds the engine's processes together over several nodes: vLLM's own backend, or Ray, which the agents start on each node (`--distributed-executor-backend`). Default mp.",
      examples: ['ray'],
    }),
  rayCommand: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({
      description: 'The program `ray`, for `executor: ray`. Default: the one beside the program of the engine.',
      examples: [['/project/alice/env/bin/ray']],
    }),
  dashboard: z
    .boolean()
    .optional()
    .meta({
      description:
        "Starts Ray's dashboard on loopback of the first node, for `executor: ray`; it takes a gigabyte of memory there. Default false.",
      examples: [true],
    }),
};

const schema = z.object(rayOptions);
export type RayOptions = z.infer<typeof schema>;

/** An option that only Ray takes, without Ray. */
export function rayContradictions({ executor, rayCommand, dashboard }: RayOptions) {
  if (executor === 'ray') return [];
  return Object.entries({ rayCommand, dashboard })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([path]) => ({ path, message: 'is for executor: ray, so it would never be used' }));
}
