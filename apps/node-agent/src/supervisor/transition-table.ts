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

const NOW = 1_000_000_000;
const starts = [NOW - 60_000];
const failure = { message: 'it died', fatal: false, lastLines: ['last'] };
const cause = { code: 'requested', message: 'first cause' } as const;

export const SAMPLE_POLICY: SupervisorPolicy = {
  probeFailures: 2,
  crashLimit: 4,
  crashWindowMs: 1_800_000,
  readyLimitMs: 3_600_000,
  stopLimitMs: 30_000,
  drainMs: 120_000,
  jobStartMs: -86_400_000,
  killWaitMs: 30_000,
};

const SAMPLE_LIVES: readonly SupervisorLife[] = [
  { status: 'starting', engine: 'down', phase: 'booting', starts: [] },
  { status: 'starting', engine: 'starting', phase: 'loading', percent: 40, starts },
  { status: 'starting', engine: 'ending', phase: 'booting', starts },
  { status: 'ready', starts },
  { status: 'degraded', engine: 'serving', reason: 'no answer', failedProbes: 1, starts },
  { status: 'degraded', engine: 'ending', reason: 'it hangs', failedProbes: 0, starts },
  { status: 'degraded', engine: 'down', reason: 'it died', failedProbes: 0, starts },
  { status: 'degraded', engine: 'starting', reason: 'starts again', failedProbes: 0, starts },
  { status: 'draining', step: 'requests', untilMs: NOW + 500_000, cause, exit: 'ended' },
  { status: 'draining', step: 'engine', untilMs: NOW, cause, exit: 'ended' },
  { status: 'draining', step: 'engine', untilMs: NOW, cause, exit: 'engine_crash_loop' },
  { status: 'stopped', cause },
  { status: 'failed', cause },
];

const deadlineMs = NOW + 120_000;
export const SAMPLE_STATES: readonly SupervisorState[] = SAMPLE_LIVES.map((life) => ({ ...life, deadlineMs }));

const SAMPLE_EVENTS: Readonly<Record<string, SupervisorEvent>> = {
  'start.due': { type: 'start.due', now: NOW },
  'engine.spawned': { type: 'engine.spawned', pid: 7, now: NOW },
  'engine.spawn_failed': { type: 'engine.spawn_failed', failure, now: NOW },
  'engine.spawn_failed (fatal)': { type: 'engine.spawn_failed', failure: { ...failure, fatal: true }, now: NOW },
  'engine.phase': { type: 'engine.phase', phase: 'warming', now: NOW },
  'engine.exited': { type: 'engine.exited', failure, now: NOW },
  'engine.exited (fatal)': { type: 'engine.exited', failure: { ...failure, fatal: true }, now: NOW },
  'engine.stuck': { type: 'engine.stuck', pids: [7], now: NOW },
  'engine.gone': { type: 'engine.gone', now: NOW },
  'probe.succeeded': { type: 'probe.succeeded', now: NOW },
  'probe.failed': { type: 'probe.failed', reason: 'no answer', now: NOW },
  'probe.broken': { type: 'probe.broken', reason: 'a fault', now: NOW },
  'tokens.progressed': { type: 'tokens.progressed', now: NOW },
  'tokens.stalled': { type: 'tokens.stalled', forMs: 90_000, now: NOW },
  'ready.limit_reached': { type: 'ready.limit_reached', lastLines: [], hint: 'wait', now: NOW },
  'drain.limit_reached': { type: 'drain.limit_reached', now: NOW },
  'front.idle': { type: 'front.idle', now: NOW },
  'deadline.learned': { type: 'deadline.learned', deadlineMs: deadlineMs + 1, now: NOW },
  'deadline.learned (none)': { type: 'deadline.learned', deadlineMs: undefined, now: NOW },
  'deadline.near': { type: 'deadline.near', now: NOW },
  'drain.ordered': { type: 'drain.ordered', now: NOW },
  'stop.ordered': { type: 'stop.ordered', now: NOW },
  SIGTERM: { type: 'signal.received', signal: 'SIGTERM', now: NOW },
  SIGINT: { type: 'signal.received', signal: 'SIGINT', now: NOW },
  SIGUSR2: { type: 'signal.received', signal: 'SIGUSR2', now: NOW },
  'instance.fenced': { type: 'instance.fenced', message: 'superseded', now: NOW },
  'tunnel.hopeless': { type: 'tunnel.hopeless', message: 'another host key', now: NOW },
};

/** For the test, and for docs/state-machines.md. */
export const supervisorMachine: Machine<SupervisorState, SupervisorEvent, SupervisorEffect> = {
  step: (state, event) => transition(state, event, SAMPLE_POLICY),
  states: SAMPLE_STATES,
  events: SAMPLE_EVENTS,
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
    case 'engine.end':
    case 'probe.stop':
    case 'front.drain':
    case 'front.cut':
    case 'start.later':
    case 'start.forget':
      return effect.type;
  }
}
