// The one line that `gate` on the bastion prints: which host this is, where the sockets lie, whether control runs.

import { z } from 'zod';

export const gateLine = z.union([
  z.object({
    fairlead: z.int(),
    host: z.string(),
    bootId: z.string(),
    /** The directory of the sockets, on local disk. */
    run: z.string(),
    control: z.enum(['running', 'started', 'absent']).catch('running'),
    /** Where it is absent because it does not start: control's own words. */
    why: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional().catch(undefined),
  }),
  z.object({ error: z.string(), message: z.string().optional() }),
]);
export type GateLine = z.infer<typeof gateLine>;
