// What the laptop tells the probe in the test job: a file beside its script. No secret is in it.

import { bastionRoute } from '@fairlead/protocol';
import { z } from 'zod';

export const probeSpec = z.object({
  /** In the order in which an agent would prefer them. */
  routes: z.array(bastionRoute).min(1),
  /** The private half of the job's key, on the cluster. */
  jobKeyDir: z.string(),
  /** The path on the bastion at which it listens for the job. */
  socketPath: z.string(),
  /** The probe writes this to each client that connects there. */
  word: z.string(),
  /** How long the socket is held for the laptop. */
  holdMs: z.number(),
  /** Shell to run on the node, by name, with its arguments; what it prints is passed on unread. */
  scripts: z.record(z.enum(['scratch', 'gpus', 'engine']), z.object({ text: z.string(), args: z.array(z.string()) })),
});
export type ProbeSpec = z.infer<typeof probeSpec>;
