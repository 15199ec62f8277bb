// One example of each state and event of the simulated process, for the state table.

import { type Machine, nameWith } from '@fairlead/kit';

import { initialLife, type ProcessEffect, type ProcessEvent, type LifeState, transition } from './life.ts';

const stop = { type: 'stop.signalled', ignored: false, inFlight: 0, drainS: 0, hangs: false } as const;
const starting = { name: 'starting', lost: 0, stuck: false } as const;

const states: Record<string, LifeState> = {
  importing: initialLife,
  configuring: { ...starting, phase: 'configuring' },
  handshaking: { ...starting, phase: 'handshaking' },
  loading: { ...starting, phase: 'loading' },
  'lost one': { ...starting, phase: 'loading', lost: 1 },
  stuck: { ...starting, phase: 'handshaking', lost: 1, stuck: true },
  serving: { name: 'serving' },
  draining: { name: 'draining' },
  closing: { name: 'closing' },
  ended: { name: 'ended' },
};

const events: Record<string, ProcessEvent> = {
  'phase.entered': { type: 'phase.entered', phase: 'loading' },
  'engine.ready': { type: 'engine.ready' },
  'stop.signalled (idle)': stop,
  'stop.signalled (busy)': { ...stop, inFlight: 2 },
  'stop.signalled (busy, hangs)': { ...stop, inFlight: 2, hangs: true },
  'stop.signalled (drains)': { ...stop, inFlight: 2, drainS: 60 },
  'stop.signalled (ignored)': { ...stop, ignored: true },
  'requests.finished': { type: 'requests.finished' },
  'drain.expired': { type: 'drain.expired', inFlight: 1, hangs: false },
  'connections.closed': { type: 'connections.closed' },
  'engine.died': { type: 'engine.died' },
  'start.failed': { type: 'start.failed', lines: [], end: { code: 1 } },
  'start.failed (never ends)': { type: 'start.failed', lines: [], end: 'never' },
  'exit.ordered': { type: 'exit.ordered', code: 3 },
};

/** Used by the test and by docs/state-machines.md. */
export const simulatorMachine: Machine<LifeState, ProcessEvent, ProcessEffect> = {
  step: transition,
  states,
  events,
  nameState: (state) => nameWith(state.name, state.name === 'starting' && state.stuck && 'stuck'),
  nameEffect: describeEffect,
};

function describeEffect(effect: ProcessEffect): string {
  if (effect.type === 'drain') return `drain ${effect.timeoutS}`;
  if (effect.type === 'kill-engine') return `kill-engine ${effect.how}`;
  if (effect.type === 'end') return `end ${'code' in effect.end ? effect.end.code : effect.end.signal}`;
  return effect.type;
}
