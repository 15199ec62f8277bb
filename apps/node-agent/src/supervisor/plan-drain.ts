// Decides why a drain begins and until when requests may go on, from what ordered it. Pure.

import type { EndCause } from '@fairlead/protocol';
import type { ExitName } from '../exit-code.ts';
import type { SupervisorEvent, SupervisorPolicy } from './supervisor-state.ts';

export interface DrainPlan {
  cause: EndCause;
  exit: ExitName;
  /** Requests may go on until then. */
  untilMs: number;
  /** Everything must be over by then. */
  hardMs?: number;
}

export type DrainEvent = Extract<
  SupervisorEvent,
  { type: 'deadline.near' | 'drain.ordered' | 'signal.received' | 'tunnel.hopeless' }
>;

/** Kept free at the end for stopping the engine: an idle vLLM needs 0.5-1.6 s. */
const ENGINE_RESERVE_MS = 10_000;
/** Kept free before Slurm's own kill, for the last report and the exit. */
const MARGIN_MS = 1_000;
/** Slurm may send its warning signal up to a minute early (sbatch(1), --signal). */
const SIGNAL_EARLY_MS = 60_000;

export function planDrain(event: DrainEvent, policy: SupervisorPolicy): DrainPlan {
  switch (event.type) {
    case 'deadline.near':
      return { ...deadlineCause(), ...untilDeadline(event.now, event.deadlineMs, policy) };
    case 'drain.ordered': {
      const limits = untilDeadline(event.now, event.deadlineMs, policy);
      const orderedMs = event.untilMs ?? limits.untilMs;
      const untilMs = event.deadlineMs === undefined ? orderedMs : Math.min(orderedMs, limits.untilMs);
      return {
        cause: { code: 'requested', message: 'it was asked to stop (`fairlead stop`)' },
        exit: 'ended',
        ...limits,
        untilMs,
      };
    }
    case 'signal.received':
      return planForSignal(event, policy);
    case 'tunnel.hopeless':
      return {
        cause: {
          code: 'agent_failed',
          message: event.message,
          ...(event.hint === undefined ? {} : { hint: event.hint }),
        },
        exit: 'tunnel_hopeless',
        ...untilDeadline(event.now, event.deadlineMs, policy),
      };
  }
}

/** Slurm's warning came before the drain is due: the deadline is watched anyway, and a minute of service is not given away. */
export function isEarlyWarning(
  { signal, deadlineMs, now }: Extract<DrainEvent, { type: 'signal.received' }>,
  policy: SupervisorPolicy,
): boolean {
  if (signal !== 'SIGUSR2' || deadlineMs === undefined) return false;
  const drainAtMs = deadlineMs - policy.drainMs;
  return now < drainAtMs && now >= drainAtMs - SIGNAL_EARLY_MS;
}

function planForSignal(event: Extract<DrainEvent, { type: 'signal.received' }>, policy: SupervisorPolicy): DrainPlan {
  const { now, deadlineMs, signal } = event;
  const atDeadline = deadlineMs !== undefined && now >= deadlineMs - policy.drainMs - SIGNAL_EARLY_MS;
  if (signal === 'SIGTERM') {
    const hardMs = now + Math.max(policy.killWaitMs - MARGIN_MS, MARGIN_MS);
    const reserveMs = Math.min(policy.stopLimitMs, ENGINE_RESERVE_MS, policy.killWaitMs / 3);
    const why = event.why
      ? { cause: event.why, exit: 'ended' as const }
      : atDeadline
        ? deadlineCause()
        : {
            cause: { code: 'cancelled', message: 'the job was told to end (SIGTERM)' } as const,
            exit: 'ended' as const,
          };
    return { ...why, untilMs: Math.max(now, hardMs - reserveMs), hardMs };
  }
  const why =
    signal === 'SIGUSR2' && atDeadline
      ? deadlineCause()
      : { cause: { code: 'requested', message: `a drain was asked for (${signal})` } as const, exit: 'ended' as const };
  return { ...why, ...untilDeadline(now, deadlineMs, policy) };
}

function deadlineCause(): { cause: EndCause; exit: ExitName } {
  return { cause: { code: 'deadline', message: "the job's time limit is near" }, exit: 'ended' };
}

function untilDeadline(
  now: number,
  deadlineMs: number | undefined,
  policy: SupervisorPolicy,
): { untilMs: number; hardMs?: number } {
  if (deadlineMs === undefined) return { untilMs: now + policy.drainMs };
  const hardMs = deadlineMs - MARGIN_MS;
  return { untilMs: Math.max(now, hardMs - Math.min(policy.stopLimitMs, ENGINE_RESERVE_MS)), hardMs };
}
