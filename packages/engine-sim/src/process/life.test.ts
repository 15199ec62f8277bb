import { describe, expect, test } from 'vitest';
import type { LifeEffect, LifeEvent, LifeState } from './life.ts';
import { initialLife, transition } from './life.ts';

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

const events: Record<string, LifeEvent> = {
  'phase.entered': { type: 'phase.entered', phase: 'loading' },
  'engine.ready': { type: 'engine.ready' },
  'stop.signalled idle': stop,
  'stop.signalled busy': { ...stop, inFlight: 2 },
  'stop.signalled busy, hangs': { ...stop, inFlight: 2, hangs: true },
  'stop.signalled drains': { ...stop, inFlight: 2, drainS: 60 },
  'stop.signalled ignored': { ...stop, ignored: true },
  'requests.finished': { type: 'requests.finished' },
  'drain.expired': { type: 'drain.expired', inFlight: 1, hangs: false },
  'connections.closed': { type: 'connections.closed' },
  'engine.died': { type: 'engine.died' },
  'start.failed': { type: 'start.failed', lines: [], end: { code: 1 } },
  'start.failed, never ends': { type: 'start.failed', lines: [], end: 'never' },
  'exit.ordered': { type: 'exit.ordered', code: 3 },
};

const killAloud = 'closing: kill-engine aloud, print, close-listener';
const anyStart = {
  'exit.ordered': 'ended: end 3',
  'start.failed': 'ended: end 1',
  'start.failed, never ends': 'starting stuck: print, stop-starting',
};
const dies = 'ended: print, end SIGINT';
const stopping = (what: string) => ({
  'stop.signalled idle': what,
  'stop.signalled busy': what,
  'stop.signalled busy, hangs': what,
  'stop.signalled drains': what,
});

/** What is not named changes nothing. */
const table: Record<string, Record<string, string>> = {
  importing: { ...anyStart, 'phase.entered': 'starting', 'engine.ready': 'serving', ...stopping('ended: end SIGTERM') },
  configuring: { ...anyStart, 'phase.entered': 'starting', 'engine.ready': 'serving', ...stopping(dies) },
  handshaking: {
    ...anyStart,
    'phase.entered': 'starting',
    'engine.ready': 'serving',
    ...stopping('starting stuck: stop-starting'),
  },
  loading: { ...anyStart, 'engine.ready': 'serving', ...stopping('starting') },
  'lost one': { ...anyStart, 'engine.ready': 'serving', ...stopping(dies) },
  stuck: { ...anyStart, 'phase.entered': 'starting stuck', ...stopping(dies) },
  serving: {
    'stop.signalled idle': 'closing: print, drain 0, kill-engine aloud, print, close-listener',
    'stop.signalled busy': 'closing: print, drain 0, kill-engine aloud, print, close-listener',
    'stop.signalled busy, hangs': 'closing: print, drain 0, kill-engine silently, print, close-listener',
    'stop.signalled drains': 'draining: print, drain 60',
    'engine.died': 'closing: print, kill-engine aloud, close-listener',
    'exit.ordered': 'ended: end 3',
  },
  draining: { 'requests.finished': killAloud, 'drain.expired': killAloud, 'exit.ordered': 'ended: end 3' },
  closing: { 'connections.closed': 'ended: print, end 0', 'exit.ordered': 'ended: end 3' },
  ended: {},
};

describe.each(Object.keys(states))('transition: %s', (name) => {
  test.each(Object.keys(events))('%s', (event) => {
    const state = states[name] as LifeState;
    const step = transition(state, events[event] as LifeEvent);
    const expected = table[name]?.[event];
    if (expected === undefined) expect(step).toEqual({ state, effects: [] });
    else expect(describeStep(step)).toBe(expected);
  });
});

test('transition: every state and event of the table is known', () => {
  expect(Object.keys(table)).toEqual(Object.keys(states));
  for (const row of Object.values(table)) expect(Object.keys(events)).toEqual(expect.arrayContaining(Object.keys(row)));
});

function describeStep({ state, effects }: { state: LifeState; effects: LifeEffect[] }): string {
  const name = state.name === 'starting' && state.stuck ? 'starting stuck' : state.name;
  return effects.length === 0 ? name : `${name}: ${effects.map(describeEffect).join(', ')}`;
}

function describeEffect(effect: LifeEffect): string {
  if (effect.type === 'drain') return `drain ${effect.timeoutS}`;
  if (effect.type === 'kill-engine') return `kill-engine ${effect.how}`;
  if (effect.type === 'end') return `end ${'code' in effect.end ? effect.end.code : effect.end.signal}`;
  return effect.type;
}
