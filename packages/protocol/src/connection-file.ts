// connection.json in the job's directory: how to reach an instance, written by the agent for people and tools. Holds no key.

import { z } from 'zod';

import { boundedText, MESSAGE_LENGTH, NAME_LENGTH, nameList, PATH_LENGTH, timeMs } from './bounds.ts';
import { deploymentName, instanceId } from './ids.ts';

export const connectionFile = z.object({
  version: z.int().min(0).max(1_000_000),
  instanceId,
  deployment: deploymentName,
  model: boundedText(PATH_LENGTH),
  servedModel: boundedText(1024),
  engine: boundedText(NAME_LENGTH),
  jobId: boundedText(NAME_LENGTH),
  hostname: boundedText(NAME_LENGTH),
  gpus: nameList,
  bastion: z.object({ host: boundedText(NAME_LENGTH), socket: boundedText(PATH_LENGTH) }),
  deadlineMs: timeMs.optional(),
  /** The commands that make the path from a laptop. */
  connect: boundedText(MESSAGE_LENGTH),
  writtenMs: timeMs,
});
export type ConnectionFile = z.infer<typeof connectionFile>;
