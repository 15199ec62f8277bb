// The schema of a site profile: the partitions of a cluster that have GPUs, and the price of a GPU hour.

import { z } from 'zod';

import { findGpu, gpuLabel, gpus } from './gpu.ts';

const count = z.int().min(1);

/** More than any node has. */
export const maxGpusPerNode = 64;

export const siteProfile = z.strictObject({
  /** The name in `--site`. */
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes'),
  title: z.string().min(1),
  /** Hosts that take `sbatch`. */
  login: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, 'must be a host name')).min(1),
  partitions: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9_.-]+$/, 'must be the name of one partition'),
        /** The GPU type, as in `--gpu`: `a100:40`. */
        gpu: z.string().refine((text) => 'gpu' in findGpu(text), `must be one of ${gpus.map(gpuLabel).join(', ')}`),
        /** The type in `--gres=gpu:<type>:1`, where the partition has GPUs of several types. */
        gresType: z
          .string()
          .regex(/^[A-Za-z0-9_.-]+$/, 'must be the type as sinfo shows it')
          .optional(),
        gpusPerNode: count.max(maxGpusPerNode),
        nodes: count.optional(),
        cpusPerNode: count,
        memoryGbPerNode: count,
        /** The limit of a usual job, and how to get a longer one. */
        maxHours: z.number().positive().optional(),
        longer: z.strictObject({ maxHours: z.number().positive(), how: z.string() }).optional(),
        /** GPUs that one user may hold at a time. */
        maxGpus: count.optional(),
        /** Whether it gives out whole nodes only. */
        exclusive: z.boolean().optional(),
      }),
    )
    .min(1),
  cost: z.strictObject({ perGpuHour: z.number().positive(), unit: z.string(), source: z.string() }).optional(),
  /** What else a user has to know. */
  notes: z.array(z.string()).optional(),
  sources: z.array(z.url()).min(1),
});
export type SiteProfile = z.infer<typeof siteProfile>;
