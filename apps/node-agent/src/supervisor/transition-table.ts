// Every state against every event, as data and as markdown: the source of docs/state-machines.md.

import { transition } from './transition.ts';
import type { SupervisorEffect, SupervisorEvent, SupervisorPolicy, SupervisorState } from './supervisor-state.ts';

export interface TransitionRow {
  state: string;
  event: string;
  next: string;
  effects: string[];
  from: SupervisorState;
  to: SupervisorState;
}

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
  killWaitMs: 30_000,
};

export const SAMPLE_STATES: readonly SupervisorState[] = [
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

const later = { deadlineMs: NOW + 600_000 };

export const SAMPLE_EVENTS: ReadonlyArray<{ name: string; event: SupervisorEvent }> = [
  { name: 'start.due', event: { type: 'start.due', now: NOW } },
  { name: 'engine.spawned', event: { type: 'engine.spawned', pid: 7, now: NOW } },
  { name: 'engine.spawn_failed', event: { type: 'engine.spawn_failed', failure, now: NOW } },
  {
    name: 'engine.spawn_failed (fatal)',
    event: { type: 'engine.spawn_failed', failure: { ...failure, fatal: true }, now: NOW },
  },
  { name: 'engine.phase', event: { type: 'engine.phase', phase: 'warming', now: NOW } },
  { name: 'engine.exited', event: { type: 'engine.exited', failure, now: NOW } },
  { name: 'engine.exited (fatal)', event: { type: 'engine.exited', failure: { ...failure, fatal: true }, now: NOW } },
  { name: 'engine.stuck', event: { type: 'engine.stuck', pids: [7], now: NOW } },
  { name: 'engine.gone', event: { type: 'engine.gone', now: NOW } },
  { name: 'probe.succeeded', event: { type: 'probe.succeeded', now: NOW } },
  { name: 'probe.failed', event: { type: 'probe.failed', reason: 'no answer', now: NOW } },
  { name: 'tokens.progressed', event: { type: 'tokens.progressed', now: NOW } },
  { name: 'tokens.stalled', event: { type: 'tokens.stalled', forMs: 90_000, now: NOW } },
  { name: 'ready.limit_reached', event: { type: 'ready.limit_reached', lastLines: [], hint: 'wait', now: NOW } },
  { name: 'drain.limit_reached', event: { type: 'drain.limit_reached', now: NOW } },
  { name: 'front.idle', event: { type: 'front.idle', now: NOW } },
  { name: 'deadline.near', event: { type: 'deadline.near', deadlineMs: NOW + 120_000, now: NOW } },
  { name: 'drain.ordered', event: { type: 'drain.ordered', ...later, now: NOW } },
  { name: 'stop.ordered', event: { type: 'stop.ordered', now: NOW } },
  { name: 'SIGTERM', event: { type: 'signal.received', signal: 'SIGTERM', ...later, now: NOW } },
  { name: 'SIGINT', event: { type: 'signal.received', signal: 'SIGINT', ...later, now: NOW } },
  { name: 'SIGUSR2', event: { type: 'signal.received', signal: 'SIGUSR2', ...later, now: NOW } },
  { name: 'instance.fenced', event: { type: 'instance.fenced', message: 'superseded', now: NOW } },
  { name: 'tunnel.hopeless', event: { type: 'tunnel.hopeless', message: 'another host key', ...later, now: NOW } },
];

export function transitionTable(): TransitionRow[] {
  return SAMPLE_STATES.flatMap((from) =>
    SAMPLE_EVENTS.map(({ name, event }) => {
      const { state: to, effects } = transition(from, event, SAMPLE_POLICY);
      return { state: nameOf(from), event: name, next: nameOf(to), effects: effects.map(effectName), from, to };
    }),
  );
}

/** Only what something follows from: where nothing changes and nothing is done there is no row. */
export function renderTransitionTable(): string {
  const events = new Map<string, { row: TransitionRow; names: string[] }>();
  for (const row of transitionTable()) {
    if (row.state === row.next && row.effects.length === 0) continue;
    const key = [row.state, row.next, ...row.effects].join('|');
    const same = events.get(key);
    if (same) same.names.push(row.event);
    else events.set(key, { row, names: [row.event] });
  }
  return [
    '| state | event | next state | effects |',
    '|---|---|---|---|',
    ...[...events.values()].map(
      ({ row, names }) => `| ${row.state} | ${names.join(', ')} | ${row.next} | ${row.effects.join(', ')} |`,
    ),
    '',
  ].join('\n');
}

export function nameOf(state: SupervisorState): string {
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
