// Decides why a drain begins and until when requests may go on, from what ordered it. Pure.

import { defined } from '@fairlead/kit';
import type { EndCause } from '@fairlead/protocol';
import { drainWindow, placeSignal } from '@fairlead/scheduler';
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
const engineReserveMs = 10_000;
/** Kept free before Slurm's own kill, for the last report and the exit. */
const marginMs = 1_000;

/** `deadlineMs`: when the job ends, where that is known. */
export function planDrain(event: DrainEvent, deadlineMs: number | undefined, policy: SupervisorPolicy): DrainPlan {
  switch (event.type) {
    case 'deadline.near':
      return { ...deadlineCause(), ...untilDeadline(event.now, deadlineMs, policy) };
    case 'drain.ordered': {
      const limits = untilDeadline(event.now, deadlineMs, policy);
      const orderedMs = event.untilMs ?? limits.untilMs;
      const untilMs = deadlineMs === undefined ? orderedMs : Math.min(orderedMs, limits.untilMs);
      return {
        cause: { code: 'requested', message: 'it was asked to stop (`fairlead stop`)' },
        exit: 'ended',
        ...limits,
        untilMs,
      };
    }
    case 'signal.received':
      return planForSignal(event, deadlineMs, policy);
    case 'tunnel.hopeless':
      return {
        cause: {
          code: 'agent_failed',
          message: event.message,
          ...defined({ hint: event.hint }),
        },
        exit: 'tunnel_hopeless',
        ...untilDeadline(event.now, deadlineMs, policy),
      };
  }
}

type SignalEvent = Extract<DrainEvent, { type: 'signal.received' }>;

/** Slurm's warning came before the drain is due: the alarm is set anyway, and a minute of service is not given away. */
export function isEarlyWarning(event: SignalEvent, deadlineMs: number | undefined, policy: SupervisorPolicy): boolean {
  return event.signal === 'SIGUSR2' && event.why === undefined && placeNow(event, deadlineMs, policy) === 'early';
}

function placeNow({ now }: SignalEvent, deadlineMs: number | undefined, policy: SupervisorPolicy) {
  if (deadlineMs === undefined) return 'unrelated';
  return placeSignal(drainWindow(policy.jobStartMs, deadlineMs, policy.drainMs), now);
}

function planForSignal(event: SignalEvent, deadlineMs: number | undefined, policy: SupervisorPolicy): DrainPlan {
  const { now, signal } = event;
  const atDeadline = placeNow(event, deadlineMs, policy) !== 'unrelated';
  if (signal === 'SIGTERM') {
    const hardMs = now + Math.max(policy.killWaitMs - marginMs, marginMs);
    const reserveMs = Math.min(policy.stopLimitMs, engineReserveMs, policy.killWaitMs / 3);
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
  const why = event.why
    ? { cause: event.why, exit: 'ended' as const }
    : signal === 'SIGUSR2' && atDeadline
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
  const hardMs = deadlineMs - marginMs;
  // Of a preemption's few seconds the requests get the larger part.
  const thirdMs = Math.floor(Math.max(0, hardMs - now) / 3);
  const reserveMs = Math.min(policy.stopLimitMs, engineReserveMs, thirdMs);
  return { untilMs: Math.max(now, hardMs - reserveMs), hardMs };
}
