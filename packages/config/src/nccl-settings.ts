// The network that the parts of an engine use between them, as settings of a cluster; environment variables are made of them.

import { z } from 'zod';

/** As ip(8) prints it; NCCL also takes a list, `^` for all but these and `=` for exactly these. */
const interfaceNames = z
  .string()
  .regex(/^[\^=]{0,2}[\w.-]+(?:,[\w.-]+)*$/, 'must be names of network interfaces, such as ib0');

export const ncclSettings = z.strictObject({
  socketIfname: interfaceNames.optional().meta({
    description: 'Network interface. Default: that of the way to the first node.',
    examples: ['ib0'],
  }),
  ibHca: z
    .string()
    .regex(/^[\^=]{0,2}[\w.:-]+(?:,[\w.:-]+)*$/, 'must be names of InfiniBand adapters, such as mlx5_0')
    .optional()
    .meta({ description: 'InfiniBand adapters. Default: NCCL chooses.', examples: ['mlx5_0,mlx5_1'] }),
  ibTimeout: z
    .int()
    .min(1)
    .max(31)
    .optional()
    .meta({ description: 'InfiniBand timeout, an exponent: 4.096 µs × 2^n. Default: NCCL’s own.', examples: [22] }),
  gidIndex: z
    .int()
    .min(0)
    .max(255)
    .optional()
    .meta({ description: 'Index of the address of a RoCE adapter. Default: NCCL chooses.', examples: [3] }),
  debug: z
    .enum(['VERSION', 'WARN', 'INFO', 'TRACE'])
    .optional()
    .meta({ description: 'What NCCL writes into the log of the engine.', examples: ['INFO'] }),
});
