// One example of each state and event of a race of two routes, for the state table.

import type { Machine } from '@fairlead/kit';

import { type RaceEffect, type RaceEvent, type RaceState, raceTransition, startRace } from './route-race.ts';

const answered = (index: number): RaceEvent => ({ type: 'route.answered', index });
const proven = (index: number): RaceEvent => ({ type: 'route.proven', index });
const failed = (index: number, isFinal = false): RaceEvent => ({
  type: 'route.failed',
  index,
  failure: { code: 'timeout', message: 'it is silent' },
  isFinal,
});
const after = (...events: RaceEvent[]): RaceState =>
  events.reduce((state, event) => raceTransition(state, event).state, startRace(2));

/** Used by the test and by docs/state-machines.md. */
export function raceMachine(): Machine<RaceState, RaceEvent, RaceEffect> {
  return {
    step: raceTransition,
    states: {
      asking: startRace(2),
      'asking, second waits': after(answered(1)),
      'proving first': after(answered(0)),
      'proving second': after(answered(1), { type: 'grace.over' }),
      taken: after(answered(0), proven(0)),
      failed: after(failed(0), failed(1)),
    },
    events: {
      'first answered': answered(0),
      'second answered': answered(1),
      'first failed': failed(0),
      'second failed': failed(1),
      'first failed for good': failed(0, true),
      'first proven': proven(0),
      'second proven': proven(1),
      'grace over': { type: 'grace.over' },
    },
    nameState: ({ status }) => status,
    nameEffect: (effect) => ('index' in effect ? `${effect.type} ${effect.index}` : effect.type),
  };
}
