// One line of requests.jsonl: a request that is over, as the agent logs it where the user asked for that.

import { z } from 'zod';

import { boundedText, count, messageLength, nameLength, shortenedText } from './bounds.ts';
import { deploymentName, instanceId } from './ids.ts';

const tokens = count.optional();

/** Text of a body, and whether it is only the beginning. Absent where contents are not logged, or are not text. */
const loggedText = z.object({ text: z.string(), isCut: z.boolean() }).optional();

export const requestLine = z.object({
  /** When the request was over: ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Made by the agent. */
  id: z.uuid(),
  deployment: deploymentName,
  instanceId,
  jobId: boundedText(nameLength),
  node: boundedText(nameLength),
  servedModel: boundedText(1024),
  /** The route, never the target: a query may hold anything. Absent for a request that matched none. */
  method: boundedText(16).optional(),
  route: boundedText(nameLength).optional(),
  /** As the client gave them. */
  clientRequestId: shortenedText(nameLength).optional(),
  userAgent: shortenedText(messageLength).optional(),
  outcome: z.enum(['completed', 'refused', 'client_left', 'engine_failed', 'cut']),
  /** The code of the front's own answer. */
  refusedAs: boundedText(64).optional(),
  /** The engine's. */
  status: z.int().optional(),
  durationMs: count,
  firstByteMs: count.optional(),
  bytesToEngine: count,
  bytesToClient: count,
  dialRetries: count,
  /** As the engine told them at the end of its answer. */
  promptTokens: tokens,
  completionTokens: tokens,
  request: loggedText,
  response: loggedText,
});
export type RequestLine = z.infer<typeof requestLine>;
