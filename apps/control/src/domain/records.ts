// What control knows of deployments and instances, as it is stored, within the bounds of the wire. Facts only.

import {
  boundedText,
  count,
  endCause,
  generation,
  instanceRole,
  instanceState,
  isEnded,
  messageLength,
  nameLength,
  nameList,
  nodeList,
  replica,
  restart,
  shortenedText,
  stopMode,
  timeMs,
} from '@fairlead/protocol';
import { z } from 'zod';

const id = boundedText(64);

export const deploymentRecord = z.object({
  name: id,
  model: boundedText(512),
  servedModel: boundedText(256),
  engine: boundedText(32),
  cluster: boundedText(64),
  wanted: z.enum(['running', 'stopped']),
  /** How it was asked to stop; `now` wins over `drain`. */
  stopMode: stopMode.optional(),
  createdMs: timeMs,
});
export type DeploymentRecord = z.infer<typeof deploymentRecord>;

/** One process of an agent. Another process of the same restart is another agent. */
export const agentRecord = z.object({
  processId: boundedText(nameLength),
  restart,
  hostname: boundedText(nameLength),
});
export type AgentRecord = z.infer<typeof agentRecord>;

const endedState = instanceState.refine(isEnded);
/** Data sockets up to this generation are dead and may be unlinked. */
const retired = z.int().min(0).max(generation.maxValue!);

/**
 * An instance's life as control sees it. *waiting*: no agent yet. *attended*: its agent holds the lease. *lost*: the lease
 * has run out, the agent may return. *ended*: the agent reported its end, which is final; or the submitting side reported the
 * job's end, which the agent corrects if it returns.
 */
export const lifeRecord = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('waiting'), state: instanceState, retired }),
  z.object({
    phase: z.literal('attended'),
    state: instanceState,
    agent: agentRecord,
    /** The data socket at which it answers. */
    generation: generation.optional(),
    retired,
    /** What the submitting side saw of the job while the lease still held. */
    jobEnd: endedState.optional(),
  }),
  z.object({
    phase: z.literal('lost'),
    state: endedState,
    agent: agentRecord,
    /** The data socket at which it answered; put aside, for the agent may return and answer there again. */
    generation: generation.optional(),
    retired,
    /** What it was draining for when it was lost: why it ended, once its job is known to have ended. */
    leaving: endCause.optional(),
  }),
  z.object({
    phase: z.literal('ended'),
    by: z.enum(['agent', 'submitter', 'control']),
    state: endedState,
    agent: agentRecord.optional(),
    retired,
  }),
]);
export type Life = z.infer<typeof lifeRecord>;

export const instanceRecord = z.object({
  id,
  deployment: id,
  role: instanceRole,
  replica,
  /** Whether another instance has taken its place. */
  former: z.boolean(),
  jobDir: boundedText(1024),
  /** SHA-256 of the enrolment token, hex. */
  enrolmentHash: boundedText(64),
  jobId: boundedText(nameLength).optional(),
  life: lifeRecord,
  servedModels: nameList,
  nodes: nodeList,
  deadlineMs: timeMs.optional(),
  createdMs: timeMs,
  updatedMs: timeMs,
});
export type InstanceRecord = z.infer<typeof instanceRecord>;

export const historyRecord = z.object({
  /** Control's time, or an agent's time after correction. */
  atMs: timeMs,
  /** By control's own clock. */
  recordedMs: timeMs,
  deployment: id,
  instanceId: id,
  kind: boundedText(64),
  message: shortenedText(messageLength),
  /** Present for an agent's event: an event that is sent again is stored once. */
  source: z.object({ processId: boundedText(nameLength), id: count }).optional(),
});
export type HistoryEntry = z.infer<typeof historyRecord>;

/** An instance that another one of its deployment has replaced. */
export interface FormerInstance {
  id: string;
  deployment: string;
  enrolmentHash: string;
  updatedMs: number;
}

export function restartOf(life: Life): number {
  return life.phase === 'waiting' ? 0 : (life.agent?.restart ?? 0);
}
