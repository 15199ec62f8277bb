// The messages between an agent and control over their one WebSocket. Facts in the past tense, orders in the imperative.

import { z } from 'zod';

import { deploymentName, generation, instanceId } from './ids.ts';
import { instanceState, load } from './instance.ts';

const versionRange = z.object({ min: z.int(), max: z.int() });

/** The agent's first message. The token travels in the upgrade's Authorization header. */
export const agentHello = z.object({
  type: z.literal('agent.hello'),
  protocol: versionRange,
  agentVersion: z.string().max(256),
  instanceId,
  deployment: deploymentName,
  jobId: z.string().max(256),
  /** The agent's clock as it says this: what it tells of times is set right by the difference. */
  clockMs: z.number().optional(),
  /** SLURM_RESTART_COUNT: 0 the first time. */
  restart: z.int().min(0),
  /** A random id of this agent process; the same process may connect again, another one of the same restart may not. */
  processId: z.string().max(256),
  hostname: z.string().max(256),
  /** The endpoint's key, for owners; kept in memory only. */
  apiKey: z.string().max(1024),
});
export type AgentHello = z.infer<typeof agentHello>;

/** All that is true of the instance now. Sent after each welcome and on each change; the last one counts. */
export const instanceReported = z.object({
  type: z.literal('instance.reported'),
  state: instanceState,
  /** The data socket at which it answers, once the tunnel is up. */
  endpointGeneration: generation.optional(),
  models: z.array(z.string().max(1024)).max(1000),
  gpus: z.array(z.string().max(1024)).max(1000),
  /** When the job ends, as far as Slurm says. */
  deadlineMs: z.number().optional(),
  load,
});
export type InstanceReported = z.infer<typeof instanceReported>;

export const instanceHeartbeat = z.object({ type: z.literal('instance.heartbeat'), load });

/** One life event, for the history. Repeated until it is acknowledged by its id. */
export const eventHappened = z.object({
  type: z.literal('event.happened'),
  id: z.int().min(1),
  atMs: z.number(),
  kind: z.string().max(64),
  message: z.string().max(4096),
});
export type EventHappened = z.infer<typeof eventHappened>;

export const orderAccepted = z.object({ type: z.literal('order.accepted'), orderId: z.string() });
/** In one look: of an array of something else zod would say so for each of half a million items (1 s and 460 MB a frame). */
const lines = z.custom<string[]>(
  (value) => Array.isArray(value) && value.every((line) => typeof line === 'string'),
  'must be lines of text',
);
export const logChunk = z.object({ type: z.literal('log.chunk'), orderId: z.string(), lines });
export const logEnded = z.object({ type: z.literal('log.ended'), orderId: z.string(), error: z.string().optional() });

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
  protocol: z.int(),
  controlVersion: z.string(),
  /** Bound to job and restart; replaces the enrolment token on later connections of this process. */
  instanceToken: z.string(),
  leaseMs: z.int().min(1),
  heartbeatMs: z.int().min(1),
});
export type ControlWelcome = z.infer<typeof controlWelcome>;

/** The last message before control closes the connection. */
export const controlRefused = z.object({
  type: z.literal('control.refused'),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

export const eventRecorded = z.object({ type: z.literal('event.recorded'), id: z.int() });

/** Take no new requests, let the running ones end until `untilMs` (the job's deadline where absent), then end. */
export const instanceDrain = z.object({
  type: z.literal('instance.drain'),
  orderId: z.string(),
  untilMs: z.number().optional(),
});

/** End at once; running requests are cut. */
export const instanceStop = z.object({ type: z.literal('instance.stop'), orderId: z.string() });

export const logSource = z.enum(['agent', 'engine', 'job']);
export type LogSource = z.infer<typeof logSource>;

/** Messages with lines that the agent may send of one tail; each is used up by one `log.chunk`. */
const chunkCredit = z.int().min(1).max(1000);

export const logTail = z.object({
  type: z.literal('log.tail'),
  orderId: z.string(),
  source: logSource,
  lines: z.int().min(0).max(100_000),
  follow: z.boolean(),
  credit: chunkCredit,
});
/** More credit, added to what is left: the reader has taken what was sent. `log.ended` needs none. */
export const logGrant = z.object({ type: z.literal('log.grant'), orderId: z.string(), credit: chunkCredit });
export const logCancel = z.object({ type: z.literal('log.cancel'), orderId: z.string() });

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
