// What is true of one instance: its state, the causes of its end, its load.

import { z } from 'zod';

/** Where the engine is in its start; only a progress display depends on it. */
export const startPhase = z.enum(['booting', 'downloading', 'loading', 'compiling', 'warming', 'probing']);
export type StartPhase = z.infer<typeof startPhase>;

/** Why an instance ended, or is about to. The first cause wins. */
export const endCauseCode = z.enum([
  'requested',
  'deadline',
  'cancelled',
  'preempted',
  'superseded',
  'job_ended',
  'agent_lost',
  'engine_start_failed',
  'engine_never_ready',
  'engine_crash_loop',
  'agent_failed',
]);
export type EndCauseCode = z.infer<typeof endCauseCode>;

export const endCause = z.object({
  code: endCauseCode.catch('job_ended'),
  message: z.string(),
  hint: z.string().optional(),
  /** The engine's last lines, where they explain the end. */
  lastLines: z.array(z.string()).max(1000).optional(),
});
export type EndCause = z.infer<typeof endCause>;

export const instanceState = z.discriminatedUnion('status', [
  z.object({ status: z.literal('submitted') }),
  z.object({ status: z.literal('queued'), reason: z.string().optional(), estimatedStartMs: z.number().optional() }),
  z.object({ status: z.literal('starting'), phase: startPhase.catch('booting'), percent: z.number().optional() }),
  z.object({ status: z.literal('ready') }),
  z.object({ status: z.literal('degraded'), reason: z.string() }),
  z.object({ status: z.literal('draining'), untilMs: z.number(), cause: endCause }),
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

export const load = z.object({
  /** Requests in the front: accepted and not answered to the end. */
  inFlight: z.int().min(0),
  /** The engine's own counts, where it gives any. */
  running: z.number().optional(),
  waiting: z.number().optional(),
  generationTokens: z.number().optional(),
  kvCacheUsage: z.number().optional(),
});
export type Load = z.infer<typeof load>;
