// The supervisor's states and events, one example of each, for its table.

import type { Machine } from '@fairlead/kit';
import { transition } from './transition.ts';
import type {
  SupervisorEffect,
  SupervisorEvent,
  SupervisorLife,
  SupervisorPolicy,
  SupervisorState,
} from './supervisor-state.ts';

const now = 1_000_000_000;
const starts = [now - 60_000];
const failure = { message: 'it died', fatal: false, lastLines: ['last'] };
const cause = { code: 'requested', message: 'first cause' } as const;

export const samplePolicy: SupervisorPolicy = {
  crashLimit: 4,
  crashWindowMs: 1_800_000,
  readyLimitMs: 3_600_000,
  stopLimitMs: 30_000,
  drainMs: 120_000,
  jobStartMs: -86_400_000,
  killWaitMs: 30_000,
};

const sampleLives: readonly SupervisorLife[] = [
  { status: 'starting', engine: 'down', phase: 'booting', starts: [] },
  { status: 'starting', engine: 'starting', phase: 'loading', percent: 40, starts },
  { status: 'starting', engine: 'ending', phase: 'booting', starts },
  { status: 'ready', starts },
  { status: 'degraded', engine: 'serving', reason: 'no answer', starts },
  { status: 'degraded', engine: 'ending', reason: 'it hangs', starts },
  { status: 'degraded', engine: 'down', reason: 'it died', starts },
  { status: 'degraded', engine: 'starting', reason: 'starts again', starts },
  { status: 'draining', step: 'requests', untilMs: now + 500_000, cause, exit: 'ended' },
  { status: 'draining', step: 'engine', untilMs: now, cause, exit: 'ended' },
  { status: 'draining', step: 'engine', untilMs: now, cause, exit: 'engine_crash_loop' },
  { status: 'stopped', cause },
  { status: 'failed', cause },
];

const deadlineMs = now + 120_000;
export const sampleStates: readonly SupervisorState[] = sampleLives.map((life) => ({ ...life, deadlineMs }));

const sampleEvents: Readonly<Record<string, SupervisorEvent>> = {
  'start.due': { type: 'start.due', now },
  'engine.spawned': { type: 'engine.spawned', pid: 7, now },
  'engine.spawn_failed': { type: 'engine.spawn_failed', failure, now },
  'engine.spawn_failed (fatal)': { type: 'engine.spawn_failed', failure: { ...failure, fatal: true }, now },
  'engine.phase': { type: 'engine.phase', phase: 'warming', now },
  'engine.exited': { type: 'engine.exited', failure, now },
  'engine.exited (fatal)': { type: 'engine.exited', failure: { ...failure, fatal: true }, now },
  'engine.stuck': { type: 'engine.stuck', pids: [7], now },
  'engine.gone': { type: 'engine.gone', now },
  'probe.succeeded': { type: 'probe.succeeded', now },
  'probe.doubtful': { type: 'probe.doubtful', reason: 'no answer', now },
  'probe.hung': { type: 'probe.hung', reason: 'no answer', now },
  'probe.closed': { type: 'probe.closed', failure, now },
  'probe.broken': { type: 'probe.broken', reason: 'a fault', now },
  'ready.limit_reached': { type: 'ready.limit_reached', lastLines: [], hint: 'wait', now },
  'drain.limit_reached': { type: 'drain.limit_reached', now },
  'front.idle': { type: 'front.idle', now },
  'deadline.learned': { type: 'deadline.learned', deadlineMs: deadlineMs + 1, now },
  'deadline.learned (none)': { type: 'deadline.learned', deadlineMs: undefined, now },
  'deadline.near': { type: 'deadline.near', now },
  'drain.ordered': { type: 'drain.ordered', now },
  'stop.ordered': { type: 'stop.ordered', now },
  SIGTERM: { type: 'signal.received', signal: 'SIGTERM', now },
  SIGINT: { type: 'signal.received', signal: 'SIGINT', now },
  SIGUSR2: { type: 'signal.received', signal: 'SIGUSR2', now },
  'instance.fenced': { type: 'instance.fenced', message: 'superseded', now },
  'nodes.missing': { type: 'nodes.missing', message: 'node2 is lost', hint: 'deploy again', hosts: ['node2'], now },
  'tunnel.hopeless': { type: 'tunnel.hopeless', message: 'another host key', now },
};

/** For the test, and for docs/state-machines.md. */
export const supervisorMachine: Machine<SupervisorState, SupervisorEvent, SupervisorEffect> = {
  step: (state, event) => transition(state, event, samplePolicy),
  states: sampleStates,
  events: sampleEvents,
  nameState: nameOf,
  nameEffect: effectName,
};

function nameOf(state: SupervisorState): string {
  switch (state.status) {
    case 'starting':
    case 'degraded':
      return `${state.status} (engine ${state.engine})`;
    case 'draining':
      return `draining (${state.step}${state.exit === 'ended' ? '' : `, ${state.exit}`})`;
    case 'ready':
    case 'stopped':
    case 'failed':
      return state.status;
  }
}

function effectName(effect: SupervisorEffect): string {
  switch (effect.type) {
    case 'probe.start':
    case 'front.admit':
      return `${effect.type} ${effect.mode}`;
    case 'alarm.set':
    case 'alarm.clear':
      return effect.type;
    case 'timer.set':
    case 'timer.clear':
      return `${effect.type} ${effect.timer}`;
    case 'note':
      return `note ${effect.kind}`;
    case 'exit':
      return `exit ${effect.exit}`;
    case 'engine.spawn':
    case 'engine.report':
    case 'engine.end':
    case 'probe.stop':
    case 'front.drain':
    case 'front.cut':
    case 'start.later':
    case 'start.forget':
      return effect.type;
  }
}
