// What control knows of deployments and instances, as it is stored. Facts only.

import { endCause, instanceState, isEnded, stopMode } from '@fairlead/protocol';
import { z } from 'zod';

export const deploymentRecord = z.object({
  name: z.string(),
  model: z.string(),
  servedModel: z.string(),
  engine: z.string(),
  cluster: z.string(),
  wanted: z.enum(['running', 'stopped']),
  /** How it was asked to stop; `now` wins over `drain`. */
  stopMode: stopMode.optional(),
  createdMs: z.number(),
  /** The instance that serves it now, or served it last. */
  instanceId: z.string(),
});
export type DeploymentRecord = z.infer<typeof deploymentRecord>;

/** One process of an agent. Another process of the same restart is another agent. */
export const agentRecord = z.object({ processId: z.string(), restart: z.int(), hostname: z.string() });
export type AgentRecord = z.infer<typeof agentRecord>;

const endedState = instanceState.refine(isEnded);
/** Data sockets up to this generation are dead and may be unlinked. */
const retired = z.int();

/**
 * An instance's life as control sees it. *waiting*: no agent yet. *attended*: its agent holds the lease. *lost*: the lease
 * ended by itself, the agent may return. *ended*: somebody said so: the agent itself (final), or others (its agent, if it
 * comes after all, knows better).
 */
export const lifeRecord = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('waiting'), state: instanceState, retired }),
  z.object({
    phase: z.literal('attended'),
    state: instanceState,
    agent: agentRecord,
    /** The data socket at which it answers. */
    generation: z.int().optional(),
    retired,
    /** What the submitting side saw of the job while the lease still held. */
    jobEnd: endedState.optional(),
  }),
  z.object({
    phase: z.literal('lost'),
    state: endedState,
    agent: agentRecord,
    /** The data socket at which it answered; put aside, for the agent may return and answer there again. */
    generation: z.int().optional(),
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
  id: z.string(),
  deployment: z.string(),
  jobDir: z.string(),
  /** SHA-256 of the enrolment token, hex. */
  enrolmentHash: z.string(),
  jobId: z.string().optional(),
  life: lifeRecord,
  models: z.array(z.string()),
  gpus: z.array(z.string()),
  deadlineMs: z.number().optional(),
  createdMs: z.number(),
  updatedMs: z.number(),
});
export type InstanceRecord = z.infer<typeof instanceRecord>;

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
