import { describe, expect, it } from 'vitest';
import { go, listTransitions, nameWith, renderTransitions, type Step, stay } from './state-machine.ts';

type Door = { kind: 'open' } | { kind: 'shut'; locked: boolean };
type DoorEvent = 'push' | 'turn key';
type DoorEffect = { do: 'creak' } | { do: 'click'; times: number };

function step(state: Door, event: DoorEvent): Step<Door, DoorEffect> {
  if (state.kind === 'open')
    return event === 'push' ? go({ kind: 'shut', locked: false }, { do: 'creak' }) : stay(state);
  if (event === 'turn key')
    return go({ kind: 'shut', locked: !state.locked }, { do: 'click', times: 2 }, { do: 'creak' });
  return state.locked ? stay(state) : go({ kind: 'open' });
}

const door = {
  step,
  states: [{ kind: 'open' }, { kind: 'shut', locked: false }, { kind: 'shut', locked: true }] as Door[],
  events: { push: 'push', 'push again': 'push', 'turn key': 'turn key' } as const,
  nameState: (state: Door) => nameWith(state.kind, state.kind === 'shut' && state.locked && 'locked'),
  nameEffect: (effect: DoorEffect) => effect.do,
};

describe('the table of a state machine', () => {
  it('has a row for every state with every event', () => {
    const rows = listTransitions(door);
    expect(rows).toHaveLength(9);
    expect(rows[0]).toMatchObject({ state: 'open', event: 'push', next: 'shut', effects: ['creak'] });
  });

  it('is rendered without what changes nothing, and with one row for the same consequence', () => {
    expect(renderTransitions(door)).toBe(
      [
        '| state | event | next | effects |',
        '|---|---|---|---|',
        '| open | push, push again | shut | creak |',
        '| shut | push, push again | open | |',
        '| shut | turn key | shut (locked) | click, creak |',
        '| shut (locked) | turn key | shut | click, creak |',
        '',
      ].join('\n'),
    );
  });

  it('calls the examples by names of their own where they have them', () => {
    const states = { 'the front door': { kind: 'open' } } as const;
    expect(listTransitions({ ...door, states }).map(({ state, next }) => [state, next])).toEqual([
      ['the front door', 'shut'],
      ['the front door', 'shut'],
      ['the front door', 'the front door'],
    ]);
  });
});
