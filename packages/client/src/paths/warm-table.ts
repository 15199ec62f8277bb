// The states and events of the paths that are held ready, one example of each, for their table.

import type { Machine } from '@fairlead/kit';

import { type WarmEffect, type WarmEvent, type WarmState, warmTransition } from './warm-machine.ts';

const open = (ready: number, opening: number, asked: number): WarmState => ({
  status: 'open',
  ready,
  opening,
  askedMs: Array.from({ length: asked }, () => 1_000),
});

/** For the test, and for docs/state-machines.md. */
export const warmMachine: Machine<WarmState, WarmEvent, WarmEffect> = {
  step: warmTransition,
  states: {
    '1 ready, 1 opening, 2 asked': open(1, 1, 2),
    '1 ready, 1 opening, 4 asked': open(1, 1, 4),
    '1 ready, 1 opening, 5 asked': open(1, 1, 5),
    '7 ready, 1 opening, 8 asked': open(7, 1, 8),
    closed: { status: 'closed' },
  },
  events: {
    'path.asked': { type: 'path.asked', nowMs: 1_500 },
    'path.asked (much later)': { type: 'path.asked', nowMs: 9_000 },
    'refill.due': { type: 'refill.due' },
    'path.opened': { type: 'path.opened' },
    'path.failed': { type: 'path.failed' },
    'path.gone': { type: 'path.gone' },
    'idle.limit_reached': { type: 'idle.limit_reached' },
    'close.ordered': { type: 'close.ordered' },
  },
  nameState: (state) =>
    state.status === 'closed'
      ? 'closed'
      : `${state.ready} ready, ${state.opening} opening, ${state.askedMs.length} asked`,
  nameEffect: (effect) => (effect.type === 'open' ? `open ${effect.count}` : effect.type),
};
