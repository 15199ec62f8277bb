// The ways an instance ends: drain first, at once, or after too many deaths of its engine. Pure; part of transition.ts.

import type { EngineFailure } from '@fairlead/engines/failures';
import { go, stay, defined } from '@fairlead/kit';
import type { EndCause } from '@fairlead/protocol';
import { type ExitName, isGoodEnd } from '../exit-code.ts';
import { type DrainEvent, planDrain } from './plan-drain.ts';
import type { Handlers } from './handlers.ts';
import type {
  SupervisorEffect,
  SupervisorEvent,
  SupervisorPolicy,
  SupervisorState,
  Transition,
} from './supervisor-state.ts';

type Draining = Extract<SupervisorState, { status: 'draining' }>;
export type Alive = Extract<SupervisorState, { status: 'starting' | 'ready' | 'degraded' }>;

/** Requests that are in flight may still end. */
export const whileDraining: Handlers<Draining> = {
  'front.idle': (state, { now }, policy) => go(...endEngine(state, now, policy)),
  'drain.limit_reached': cutShort,
  'stop.ordered': cutShort,
  'instance.fenced': cutShort,
  'nodes.missing': cutShort,
  'engine.exited': cutShort,
  'deadline.near': drainSooner,
  'drain.ordered': drainSooner,
  'signal.received': drainSooner,
  'tunnel.hopeless': drainSooner,
};

export const whileEndingEngine: Handlers<Draining> = {
  'engine.gone': finish,
  /** SIGKILL is the last means: what survives it is left to the scheduler, which cleans up at the end of the job. */
  'engine.stuck': (state, { pids }) => {
    const { state: ended, effects } = finish(state);
    return go(ended, stuckNote(pids), ...effects.filter(({ type }) => type === 'exit'));
  },
  /** A SIGTERM now means that the kill is near: less time for the engine. */
  'signal.received': (state, event, policy) => {
    const { hardMs } = planDrain(event, state.deadlineMs, policy);
    const sooner = hardMs !== undefined && (state.hardMs === undefined || hardMs < state.hardMs);
    if (event.signal !== 'SIGTERM' || !sooner) return stay(state);
    return go({ ...state, hardMs }, { type: 'engine.end', limitMs: Math.min(policy.stopLimitMs, hardMs - event.now) });
  },
};

function cutShort(state: Draining, { now }: SupervisorEvent, policy: SupervisorPolicy): Transition {
  const [next, ...effects] = endEngine(state, now, policy);
  return go(next, { type: 'front.cut' }, ...effects);
}

export function drain(state: Alive, event: DrainEvent, policy: SupervisorPolicy): Transition {
  const plan = planDrain(event, state.deadlineMs, policy);
  const serving = state.status === 'ready' || (state.status === 'degraded' && state.engine === 'serving');
  if (!serving || plan.untilMs <= event.now) return end(plan.cause, plan.exit, event.now, policy, plan.hardMs);
  return go(
    { status: 'draining', step: 'requests', ...plan },
    note(
      'instance.draining',
      `${explain(plan.cause)}: requests may go on until ${new Date(plan.untilMs).toISOString()}`,
    ),
    { type: 'probe.stop' },
    { type: 'timer.clear', timer: 'ready-limit' },
    { type: 'timer.set', timer: 'drain-limit', ms: plan.untilMs - event.now },
    { type: 'front.drain' },
  );
}

/** The first cause stays; only the time may get shorter. */
function drainSooner(state: Draining, event: DrainEvent, policy: SupervisorPolicy): Transition {
  const plan = planDrain(event, state.deadlineMs, policy);
  if (plan.untilMs >= state.untilMs) return stay(state);
  const next = { ...state, untilMs: plan.untilMs, ...defined({ hardMs: plan.hardMs }) };
  return go(next, { type: 'timer.set', timer: 'drain-limit', ms: Math.max(0, plan.untilMs - event.now) });
}

/** Ends at once: whatever is in flight is cut. */
export function end(
  cause: EndCause,
  exit: ExitName,
  now: number,
  policy: SupervisorPolicy,
  hardMs?: number,
): Transition {
  const draining: Draining = {
    status: 'draining',
    step: 'engine',
    untilMs: now,
    ...defined({ hardMs }),
    cause,
    exit,
  };
  const [next, ...effects] = endEngine(draining, now, policy);
  const kind = isGoodEnd(exit) ? 'instance.stopping' : 'instance.failing';
  return go(next, note(kind, explain(cause)), { type: 'front.drain' }, { type: 'front.cut' }, ...effects);
}

function endEngine(state: Draining, now: number, policy: SupervisorPolicy): [SupervisorState, ...SupervisorEffect[]] {
  const leftMs = state.hardMs === undefined ? policy.stopLimitMs : Math.max(0, state.hardMs - now);
  return [
    { ...state, step: 'engine' },
    { type: 'start.forget' },
    { type: 'timer.clear', timer: 'ready-limit' },
    { type: 'timer.clear', timer: 'drain-limit' },
    { type: 'alarm.clear' },
    { type: 'probe.stop' },
    { type: 'engine.end', limitMs: Math.min(policy.stopLimitMs, leftMs) },
  ];
}

function finish({ cause, exit }: Draining): Transition {
  const status = isGoodEnd(exit) ? 'stopped' : 'failed';
  return go({ status, cause }, note(`instance.${status}`, `nothing is left of the engine (${cause.code})`), {
    type: 'exit',
    exit,
  });
}

export function crashLoop(
  state: Alive,
  failure: EngineFailure,
  now: number,
  policy: SupervisorPolicy,
): Transition | undefined {
  const recent = state.starts.filter((at) => at > now - policy.crashWindowMs).length;
  if (recent < policy.crashLimit) return undefined;
  const message = `the engine ended ${recent === 1 ? 'once' : `${recent} times`} within ${Math.round(policy.crashWindowMs / 60_000)} minutes; the last time: ${failure.message}`;
  return end(causeOf('engine_crash_loop', { ...failure, message }), 'engine_crash_loop', now, policy);
}

function explain({ message, hint }: EndCause): string {
  return hint === undefined ? message : `${message.replace(/\.+$/, '')}. ${hint}`;
}

export function causeOf(code: EndCause['code'], failure: EngineFailure): EndCause {
  return {
    code,
    message: failure.message,
    ...defined({ hint: failure.hint, badNodes: failure.badNodes }),
    ...(failure.lastLines.length === 0 ? {} : { lastLines: failure.lastLines }),
  };
}

export function stuckNote(pids: readonly number[]): SupervisorEffect {
  const which =
    pids.length === 0
      ? 'what is left of the engine cannot be seen'
      : `processes ${pids.join(', ')} of the engine do not die`;
  return note(
    'engine.stuck',
    `${which}, although they were killed. A driver or a file system of this node hangs: report the node, and exclude it (--exclude).`,
  );
}

export function note(kind: string, message: string): SupervisorEffect {
  return { type: 'note', kind, message };
}
