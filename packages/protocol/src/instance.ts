// One instance: its state, the causes of its end, its load.

import { z } from 'zod';

import {
  count,
  durationMs,
  messageLength,
  clamped,
  nameList,
  shortenedText,
  timeMs,
  toldCount,
  toldLines,
} from './bounds.ts';

/** The phase of the engine's start, for display only. */
export const startPhase = z.enum(['booting', 'downloading', 'loading', 'compiling', 'warming', 'probing']);
export type StartPhase = z.infer<typeof startPhase>;

const detailLength = 100;

/** Why an instance ended, or is about to. The first cause wins. */
export const endCauseCode = z.enum([
  'requested',
  'deadline',
  'cancelled',
  'preempted',
  'superseded',
  'job_ended',
  'agent_lost',
  'node_lost',
  'engine_start_failed',
  'engine_never_ready',
  'engine_crash_loop',
  'agent_failed',
]);
export type EndCauseCode = z.infer<typeof endCauseCode>;

export const endCause = z.object({
  code: endCauseCode.catch('job_ended'),
  message: shortenedText(messageLength),
  hint: shortenedText(messageLength).optional(),
  /** The engine's last lines, if they explain the end. */
  lastLines: toldLines.optional(),
  /** The scheduler's names of the nodes that are to blame: the next launch under this name leaves them out. */
  badNodes: nameList.optional(),
});
export type EndCause = z.infer<typeof endCause>;

export const instanceState = z.discriminatedUnion('status', [
  z.object({ status: z.literal('submitted') }),
  z.object({
    status: z.literal('queued'),
    reason: shortenedText(messageLength).optional(),
    estimatedStartMs: timeMs.optional(),
  }),
  z.object({
    status: z.literal('starting'),
    phase: startPhase.catch('booting'),
    percent: clamped(0, 100).optional(),
    /** How far the phase is: `shard 3/4`, `12.4 of 16.1 GB`. */
    detail: shortenedText(detailLength).optional(),
    /** How long the last start of this model on such a node took until it was ready. */
    lastStartMs: durationMs.optional(),
  }),
  z.object({ status: z.literal('ready') }),
  z.object({ status: z.literal('degraded'), reason: shortenedText(messageLength) }),
  z.object({ status: z.literal('draining'), untilMs: timeMs, cause: endCause }),
  z.object({ status: z.literal('stopped'), cause: endCause }),
  z.object({ status: z.literal('failed'), cause: endCause }),
]);
export type InstanceState = z.infer<typeof instanceState>;
export type InstanceStatus = InstanceState['status'];

export function isEnded(state: InstanceState): state is Extract<InstanceState, { status: 'stopped' | 'failed' }> {
  return state.status === 'stopped' || state.status === 'failed';
}

/** Whether a request may be sent to an instance in this state. */
export function isServing(state: InstanceState): boolean {
  return state.status === 'ready' || state.status === 'degraded';
}

/** The current instance takes requests; its successor takes them over before the current one ends. */
export const instanceRole = z.enum(['current', 'successor']);
export type InstanceRole = z.infer<typeof instanceRole>;

/** Number of the instance among those that serve a deployment at the same time, from 0. */
export const replica = z.int().min(0).max(9999);

export const load = z.object({
  /** Requests that the front has accepted and whose answers have not ended. */
  inFlight: count,
  /** The engine's own counts, if it has any. */
  running: toldCount,
  waiting: toldCount,
  generationTokens: toldCount,
  kvCacheUsage: toldCount,
});
export type Load = z.infer<typeof load>;
