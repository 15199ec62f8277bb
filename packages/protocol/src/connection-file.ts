// connection.json in the job's directory: how to reach an instance, written by the agent for people and tools. Holds no key.

import { z } from 'zod';

import { deploymentName, instanceId } from './ids.ts';

export const connectionFile = z.object({
  version: z.int(),
  instanceId,
  deployment: deploymentName,
  model: z.string(),
  servedModel: z.string(),
  engine: z.string(),
  jobId: z.string(),
  hostname: z.string(),
  gpus: z.array(z.string()),
  bastion: z.object({ host: z.string(), socket: z.string() }),
  deadlineMs: z.number().optional(),
  /** The commands that make the path from a laptop. */
  connect: z.string(),
  writtenMs: z.number(),
});
export type ConnectionFile = z.infer<typeof connectionFile>;
