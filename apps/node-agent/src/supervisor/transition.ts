// Decides what the agent does next: state and event in, state and effects out. Pure; supervisor.ts performs the effects.

import type { EngineFailure } from '@fairlead/engines/failures';
import { defined, go, stay } from '@fairlead/kit';
import type { EndCause } from '@fairlead/protocol';
import { drainWindow } from '@fairlead/scheduler';
import {
  type Alive,
  causeOf,
  crashLoop,
  drain,
  end,
  note,
  stuckNote,
  whileDraining,
  whileEndingEngine,
} from './ending.ts';
import { type EventOf, handle, type Handlers } from './handlers.ts';
import { isEarlyWarning } from './plan-drain.ts';
import type {
  SupervisorEffect,
  SupervisorEvent,
  SupervisorPolicy,
  SupervisorState,
  Transition,
} from './supervisor-state.ts';

type In<Status extends SupervisorState['status']> = Extract<SupervisorState, { status: Status }>;
export function transition(state: SupervisorState, event: SupervisorEvent, policy: SupervisorPolicy): Transition {
  if (event.type === 'deadline.learned') return learnDeadline(state, event, policy);
  const step = answer(state, event, policy);
  return step ? { ...step, state: keepDeadline(step.state, state) } : stay(state);
}

function learnDeadline(
  before: SupervisorState,
  { deadlineMs }: EventOf<'deadline.learned'>,
  policy: SupervisorPolicy,
): Transition {
  const { deadlineMs: _, ...life } = before;
  const state = { ...life, ...defined({ deadlineMs }) };
  const isOver = state.status === 'stopped' || state.status === 'failed';
  if (isOver || (state.status === 'draining' && state.step === 'engine')) return go(state);
  if (deadlineMs === undefined) return go(state, { type: 'alarm.clear' });
  return go(state, { type: 'alarm.set', atMs: drainWindow(policy.jobStartMs, deadlineMs, policy.drainMs).fromMs });
}

function keepDeadline(next: SupervisorState, { deadlineMs }: SupervisorState): SupervisorState {
  return deadlineMs === next.deadlineMs ? next : { ...next, ...defined({ deadlineMs }) };
}

function answer(state: SupervisorState, event: SupervisorEvent, policy: SupervisorPolicy): Transition | undefined {
  switch (state.status) {
    case 'starting':
      return handle(endOf, { state, event, policy }) ?? handle(whileStarting, { state, event, policy });
    case 'ready':
      return handle(endOf, { state, event, policy }) ?? handle(whileReady, { state, event, policy });
    case 'degraded':
      return handle(endOf, { state, event, policy }) ?? handle(whileDegraded, { state, event, policy });
    case 'draining':
      return handle(state.step === 'engine' ? whileEndingEngine : whileDraining, { state, event, policy });
    case 'stopped':
    case 'failed':
      return undefined;
  }
}

/** What ends an instance from any living state alike. */
const endOf: Handlers<Alive> = {
  'deadline.near': drain,
  'drain.ordered': drain,
  'signal.received': (state, event, policy) =>
    isEarlyWarning(event, state.deadlineMs, policy) ? stay(state) : drain(state, event, policy),
  'tunnel.hopeless': drain,
  'stop.ordered': (_state, { now }, policy) =>
    end({ code: 'requested', message: 'it was asked to stop at once (`fairlead stop --now`)' }, 'ended', now, policy),
  'nodes.missing': (_state, { now, message, hint, hosts }, policy) =>
    end({ code: 'node_lost', message, hint, badNodes: [...hosts] }, 'node_lost', now, policy),
  'instance.fenced': (_state, { now, message }, policy) =>
    end({ code: 'superseded', message }, 'superseded', now, policy),
  'ready.limit_reached': (state, event, policy) =>
    state.status === 'ready' ? stay(state) : end(neverReady(event, policy), 'engine_never_ready', event.now, policy),
};

const whileStarting: Handlers<In<'starting'>> = {
  'start.due': (state, { now }, policy) => {
    if (state.engine !== 'down') return stay(state);
    const next = { ...state, engine: 'starting' as const, starts: startsWith(state.starts, now, policy) };
    const limit: SupervisorEffect = { type: 'timer.set', timer: 'ready-limit', ms: policy.readyLimitMs };
    return go(next, ...(state.starts.length === 0 ? [limit] : []), ...startEngine());
  },
  'engine.spawned': (state, { pid }) => go(state, note('engine.started', `the engine was started with pid ${pid}`)),
  'engine.spawn_failed': (state, { now, failure }, policy) => {
    if (state.engine !== 'starting') return stay(state);
    if (failure.fatal) return endUnstartable(failure, now, policy);
    return spawnFailed({ ...state, engine: 'down', phase: 'booting' }, failure, now, policy);
  },
  'engine.phase': (state, { phase, percent, detail }) => {
    if (state.engine !== 'starting') return stay(state);
    const { percent: _, detail: __, ...rest } = state;
    return go({ ...rest, phase, ...defined({ percent, detail }) });
  },
  'probe.succeeded': (state) => (state.engine === 'starting' ? becomeReady(state) : stay(state)),
  'engine.exited': (state, event, policy) => {
    if (state.engine !== 'starting') return stay(state);
    if (event.failure.fatal) return endUnstartable(event.failure, event.now, policy);
    const giveUp = crashLoop(state, event.failure, event.now, policy);
    if (giveUp) return giveUp;
    const next = { status: 'starting', engine: 'ending', phase: 'booting', starts: state.starts } as const;
    return go(next, exitNote(event), { type: 'probe.stop' }, { type: 'engine.end', limitMs: policy.stopLimitMs });
  },
  'engine.stuck': (state, { pids }) => (state.engine === 'ending' ? go(state, stuckNote(pids)) : stay(state)),
  'engine.gone': (state) =>
    state.engine === 'ending' ? go({ ...state, engine: 'down' }, startLater(state)) : stay(state),
};

const whileReady: Handlers<In<'ready'>> = {
  'probe.doubtful': doubt,
  /** A fault of the agent says nothing about the engine: it serves on, and is not restarted. */
  'probe.broken': doubt,
  'probe.hung': restartHung,
  'probe.closed': (state, { failure, now }, policy) => restart(state, failure, now, policy, closedNote(failure)),
  'engine.exited': (state, event, policy) => restart(state, event.failure, event.now, policy, exitNote(event)),
};

const whileDegraded: Handlers<In<'degraded'>> = {
  'probe.succeeded': (state) => (isUp(state) ? becomeReady(state) : stay(state)),
  'probe.doubtful': (state, event) =>
    state.engine === 'serving' && state.reason !== event.reason ? doubt(state, event) : stay(state),
  'probe.hung': (state, event, policy) =>
    state.engine === 'serving' ? restartHung(state, event, policy) : stay(state),
  'probe.closed': (state, { failure, now }, policy) =>
    state.engine === 'serving' ? restart(state, failure, now, policy, closedNote(failure)) : stay(state),
  'engine.exited': (state, event, policy) =>
    isUp(state) ? restart(state, event.failure, event.now, policy, exitNote(event)) : stay(state),
  'engine.stuck': (state, { pids }) => (state.engine === 'ending' ? go(state, stuckNote(pids)) : stay(state)),
  'engine.gone': (state) =>
    state.engine === 'ending' ? go({ ...state, engine: 'down' }, startLater(state)) : stay(state),
  /** The instance has served before: what the spawn lacks now was there then and may come back. */
  'engine.spawn_failed': (state, { now, failure }, policy) =>
    state.engine === 'starting'
      ? spawnFailed({ ...state, engine: 'down', reason: failure.message }, failure, now, policy)
      : stay(state),
  'start.due': (state, { now }, policy) => {
    if (state.engine !== 'down') return stay(state);
    return go({ ...state, engine: 'starting', starts: startsWith(state.starts, now, policy) }, ...startEngine());
  },
  'engine.spawned': (state, { pid }) =>
    go(state, note('engine.started', `the engine was started again with pid ${pid}`)),
  'engine.phase': (state, { phase, percent }) => {
    if (state.engine !== 'starting') return stay(state);
    return go({ ...state, reason: `the engine starts again: ${phase}${percent === undefined ? '' : ` ${percent}%`}` });
  },
};

function isUp({ engine }: In<'degraded'>): boolean {
  return engine === 'starting' || engine === 'serving';
}

function spawnFailed(
  next: In<'starting' | 'degraded'>,
  failure: EngineFailure,
  now: number,
  policy: SupervisorPolicy,
): Transition {
  const giveUp = crashLoop(next, failure, now, policy);
  return giveUp ?? go(next, note('engine.spawn_failed', failure.message), { type: 'probe.stop' }, startLater(next));
}

function endUnstartable(failure: EngineFailure, now: number, policy: SupervisorPolicy): Transition {
  return end(causeOf('engine_start_failed', failure), 'engine_start_failed', now, policy);
}

function doubt(
  { starts }: In<'ready' | 'degraded'>,
  { reason }: EventOf<'probe.doubtful' | 'probe.broken'>,
): Transition {
  return go({ status: 'degraded', engine: 'serving', reason, starts }, note('engine.degraded', reason));
}

function restartHung(
  before: In<'ready' | 'degraded'>,
  { reason, now }: EventOf<'probe.hung'>,
  policy: SupervisorPolicy,
): Transition {
  const message = `the engine hangs: ${reason}`;
  const { state, effects } = restart(before, { message, fatal: false, lastLines: [] }, now, policy);
  return go(state, { type: 'engine.report', reason: message }, ...effects);
}

/** Was ready once, and its engine is dead or as good as dead. */
function restart(
  state: In<'ready' | 'degraded'>,
  failure: EngineFailure,
  now: number,
  policy: SupervisorPolicy,
  why: SupervisorEffect = note('engine.hung', failure.message),
): Transition {
  const giveUp = crashLoop(state, failure, now, policy);
  if (giveUp) return giveUp;
  const wasServing = state.status === 'ready' || state.engine === 'serving';
  return go(
    { status: 'degraded', engine: 'ending', reason: failure.message, starts: state.starts },
    why,
    { type: 'front.admit', mode: 'starting' },
    { type: 'probe.stop' },
    ...(wasServing ? [{ type: 'timer.set', timer: 'ready-limit', ms: policy.readyLimitMs } as const] : []),
    { type: 'engine.end', limitMs: policy.stopLimitMs },
  );
}

function becomeReady(state: In<'starting' | 'degraded'>): Transition {
  const back = state.status === 'degraded' && state.engine === 'serving';
  const message = back ? 'the engine answers again' : 'the engine answered a first completion';
  return go(
    { status: 'ready', starts: state.starts },
    note('engine.ready', message),
    ...(back
      ? []
      : ([
          { type: 'timer.clear', timer: 'ready-limit' },
          { type: 'front.admit', mode: 'serving' },
          { type: 'probe.start', mode: 'watch' },
        ] as const)),
  );
}

function startEngine(): SupervisorEffect[] {
  return [{ type: 'engine.spawn' }, { type: 'probe.start', mode: 'until-ready' }];
}

function startLater(state: { starts: readonly number[] }): SupervisorEffect {
  return { type: 'start.later', attempt: Math.max(0, state.starts.length - 1) };
}

function startsWith(starts: readonly number[], now: number, policy: SupervisorPolicy): number[] {
  return [...starts.filter((at) => at > now - policy.crashWindowMs), now];
}

function neverReady(event: EventOf<'ready.limit_reached'>, policy: SupervisorPolicy): EndCause {
  return causeOf('engine_never_ready', {
    message: `the engine answered no completion within ${Math.round(policy.readyLimitMs / 1000)} s`,
    hint: event.hint,
    fatal: true,
    lastLines: event.lastLines,
  });
}

function closedNote({ message }: EngineFailure): SupervisorEffect {
  return note('engine.closed', message);
}

function exitNote(event: EventOf<'engine.exited'>): SupervisorEffect {
  return note('engine.exited', event.failure.message);
}
