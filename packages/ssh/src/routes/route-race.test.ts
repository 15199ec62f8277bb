import { renderTransitions } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { raceMachine } from './race-table.ts';
import { type RaceEffect, type RaceEvent, type RaceState, raceTransition, startRace } from './route-race.ts';

const answered = (index: number): RaceEvent => ({ type: 'route.answered', index });
const failed = (index: number, isFinal = false): RaceEvent => ({
  type: 'route.failed',
  index,
  failure: { code: 'timeout', message: 'it is silent' },
  isFinal,
});
const proven = (index: number): RaceEvent => ({ type: 'route.proven', index });
const graceOver: RaceEvent = { type: 'grace.over' };

function play(from: RaceState, ...events: RaceEvent[]): { state: RaceState; effects: RaceEffect[] } {
  let state = from;
  const effects: RaceEffect[] = [];
  for (const event of events) {
    const step = raceTransition(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

describe('raceTransition', () => {
  it('has this table of every state and event', () => {
    expect(renderTransitions(raceMachine())).toMatchInlineSnapshot(`
      "| state | event | next | effects |
      |---|---|---|---|
      | asking | first answered | proving | prove 0 |
      | asking | second answered | asking | grace.begin |
      | asking, second waits | first answered | proving | prove 0 |
      | asking, second waits | first failed, first failed for good, grace over | proving | prove 1 |
      | asking, second waits | second failed | asking | |
      | proving first | second answered, second failed, grace over | proving | |
      | proving first | first failed | asking | |
      | proving first | first failed for good | failed | give_up |
      | proving first | first proven | taken | take 0 |
      | proving second | first answered, first failed, first failed for good, grace over | proving | |
      | proving second | second failed | asking | |
      | proving second | second proven | taken | take 1 |
      "
    `);
  });

  it('takes the first answer at once when no better route is open', () => {
    expect(play(startRace(1), answered(0), proven(0)).effects).toEqual([
      { type: 'prove', index: 0 },
      { type: 'take', index: 0 },
    ]);
    expect(play(startRace(3), failed(0), answered(1)).effects).toEqual([{ type: 'prove', index: 1 }]);
  });

  it('waits a moment for better routes, and less when the route that was taken last answers', () => {
    expect(play(startRace(3), answered(2), answered(1)).effects).toEqual([{ type: 'grace.begin', ms: 1_000 }]);
    expect(play(startRace(3, 2), answered(2)).effects).toEqual([{ type: 'grace.begin', ms: 300 }]);
    expect(play(startRace(3), answered(2), answered(1), graceOver).effects.at(-1)).toEqual({ type: 'prove', index: 1 });
    expect(play(startRace(3), answered(2), answered(0)).effects.at(-1)).toEqual({ type: 'prove', index: 0 });
  });

  it('logs in by one route at a time, and by the next when one is refused', () => {
    const { state, effects } = play(startRace(3), answered(0), answered(1), answered(2), failed(0), proven(1));
    expect(effects.map((effect) => ('index' in effect ? `${effect.type} ${effect.index}` : effect.type))).toEqual([
      'prove 0',
      'prove 1',
      'take 1',
    ]);
    expect(state).toMatchObject({ status: 'taken', index: 1 });
  });

  it('tries no other route after a refused login', () => {
    const { state, effects } = play(startRace(2), answered(0), answered(1), failed(0, true));
    expect(effects.at(-1)).toEqual({ type: 'give_up', last: 0, isFinal: true });
    expect(state.status).toBe('failed');
  });

  it('waits for a route that answers late when all others have failed', () => {
    const late = play(startRace(2), answered(1), graceOver, failed(1), answered(0));
    expect(late.effects.at(-1)).toEqual({ type: 'prove', index: 0 });
  });
});
