// The messages between an agent and control over their one WebSocket. Facts in the past tense, orders in the imperative.

import { z } from 'zod';

import { endpointRefs } from './address.ts';
import {
  boundedText,
  count,
  durationMs,
  messageLength,
  nameLength,
  nameList,
  clamped,
  secretLength,
  shortenedText,
  timeLimitMs,
  timeMs,
} from './bounds.ts';
import { endToEnd } from './end-to-end.ts';
import { deploymentName, generation, instanceId, restart } from './ids.ts';
import { instanceState, load } from './instance.ts';
import { logSource } from './log-source.ts';
import { nodeList } from './node.ts';
import { secretText } from './secret-text.ts';
import { versionNumber, versionRange } from './version-range.ts';

const orderId = boundedText(64);

/** The agent's first message. The token travels in the upgrade's Authorization header. */
export const agentHello = z.object({
  type: z.literal('agent.hello'),
  protocol: versionRange,
  agentVersion: boundedText(nameLength),
  instanceId,
  deployment: deploymentName,
  jobId: boundedText(nameLength),
  /** The agent's clock when it sends this. Control corrects the agent's times by the difference, and refuses no agent for a wrong clock. */
  clockMs: clamped(-timeLimitMs, timeLimitMs).optional(),
  restart,
  /** A random id of this agent process; the same process may connect again, another one of the same restart may not. */
  processId: boundedText(nameLength),
  hostname: boundedText(nameLength),
  /** The endpoint's key, for owners; kept in memory only. */
  apiKey: secretText(1024),
  /** Absent: SSH alone encrypts. */
  endToEnd: endToEnd.optional(),
});
export type AgentHello = z.infer<typeof agentHello>;

/** The whole state of the instance. Sent after each welcome and on each change; each one replaces the one before. */
export const instanceReported = z.object({
  type: z.literal('instance.reported'),
  state: instanceState,
  /** The data socket at which it answers, once the tunnel is up. */
  endpointGeneration: generation.optional(),
  /** Where it answers by other carriers than the bastion's sockets. */
  endpoints: endpointRefs.optional(),
  /** Names that the OpenAI API's `model` field takes. */
  servedModels: nameList,
  nodes: nodeList,
  /** When the job ends, according to Slurm. */
  deadlineMs: timeMs.optional(),
  load,
});
export type InstanceReported = z.infer<typeof instanceReported>;

export const instanceHeartbeat = z.object({ type: z.literal('instance.heartbeat'), load });

/** One event of the instance's life, for the history. The agent repeats it until control acknowledges its id. */
export const eventHappened = z.object({
  type: z.literal('event.happened'),
  id: count.min(1),
  atMs: timeMs,
  kind: boundedText(64),
  message: shortenedText(messageLength),
});
export type EventHappened = z.infer<typeof eventHappened>;

export const orderAccepted = z.object({ type: z.literal('order.accepted'), orderId });
/** Of one chunk, which is one frame of at most 1 MiB. */
const maxLines = 350_000;
const lineLength = 1024 * 1024;

/** Checks the whole array with one issue: an array of other values would give zod one issue for each of half a million items (1 s and 460 MB a frame). */
const lines = z.custom<string[]>(
  (value) =>
    Array.isArray(value) &&
    value.length <= maxLines &&
    value.every((line) => typeof line === 'string' && line.length <= lineLength),
  'must be lines of text',
);
export const logChunk = z.object({ type: z.literal('log.chunk'), orderId, lines });
export const logEnded = z.object({
  type: z.literal('log.ended'),
  orderId,
  error: shortenedText(messageLength).optional(),
});

export const agentMessage = z.discriminatedUnion('type', [
  agentHello,
  instanceReported,
  instanceHeartbeat,
  eventHappened,
  orderAccepted,
  logChunk,
  logEnded,
]);
export type AgentMessage = z.infer<typeof agentMessage>;

export const controlWelcome = z.object({
  type: z.literal('control.welcome'),
  protocol: versionNumber,
  controlVersion: boundedText(nameLength),
  /** Bound to job and restart; replaces the enrolment token on later connections of this process. */
  instanceToken: secretText(secretLength),
  leaseMs: durationMs.min(1),
  heartbeatMs: durationMs.min(1),
});
export type ControlWelcome = z.infer<typeof controlWelcome>;

/** The last message before control closes the connection. */
export const controlRefused = z.object({
  type: z.literal('control.refused'),
  code: boundedText(64),
  message: shortenedText(messageLength),
  hint: shortenedText(messageLength).optional(),
});

export const eventRecorded = z.object({ type: z.literal('event.recorded'), id: count });

/** Take no new requests, let the running ones end until `untilMs` (the job's deadline where absent), then end. */
export const instanceDrain = z.object({
  type: z.literal('instance.drain'),
  orderId,
  untilMs: timeMs.optional(),
});

/** End at once; running requests are cut. */
export const instanceStop = z.object({ type: z.literal('instance.stop'), orderId });

/** How many `log.chunk` messages the agent may send for one tail. */
const chunkCredit = z.int().min(1).max(1000);

export const logTail = z.object({
  type: z.literal('log.tail'),
  orderId,
  source: logSource,
  /** Rank of the node whose log it is, over several nodes. */
  node: z.int().min(0).max(9999).optional(),
  lines: z.int().min(0).max(100_000),
  follow: z.boolean(),
  credit: chunkCredit,
});
/** Credit that is added to what is left: the reader has taken what was sent. `log.ended` needs no credit. */
export const logGrant = z.object({ type: z.literal('log.grant'), orderId, credit: chunkCredit });
export const logCancel = z.object({ type: z.literal('log.cancel'), orderId });

export const controlMessage = z.discriminatedUnion('type', [
  controlWelcome,
  controlRefused,
  eventRecorded,
  instanceDrain,
  instanceStop,
  logTail,
  logGrant,
  logCancel,
]);
export type ControlMessage = z.infer<typeof controlMessage>;
