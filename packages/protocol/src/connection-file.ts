// connection.json in the job's directory: how to reach an instance, written by the agent for people and tools. Holds no key.

import { z } from 'zod';

import { boundedText, messageLength, nameLength, pathLength, timeMs } from './bounds.ts';
import { endpointRefs } from './address.ts';
import { deploymentName, instanceId } from './ids.ts';
import { nodeList } from './node.ts';

export const connectionFile = z.object({
  version: z.int().min(0).max(1_000_000),
  instanceId,
  deployment: deploymentName,
  /** What was asked for. */
  model: boundedText(pathLength),
  /** The name in the OpenAI API's `model` field. */
  servedModel: boundedText(1024),
  engine: boundedText(nameLength),
  jobId: boundedText(nameLength),
  nodes: nodeList,
  bastion: z.object({ host: boundedText(nameLength) }),
  endpoints: endpointRefs,
  /** The unix socket on the first node at which programs of the same account reach the front. */
  nodeSocket: boundedText(pathLength).optional(),
  deadlineMs: timeMs.optional(),
  /** The commands that make the path from a laptop. */
  connect: boundedText(messageLength),
  writtenMs: timeMs,
});
export type ConnectionFile = z.infer<typeof connectionFile>;
