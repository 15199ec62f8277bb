import { renderTransitions, Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { firstLinkState, type LinkEffect, type LinkEvent, type LinkState, linkTransition } from './link-machine.ts';
import { controlLinkMachine } from './link-table.ts';

function play(...events: LinkEvent[]) {
  let state: LinkState = firstLinkState;
  const effects: LinkEffect[] = [];
  for (const event of events) {
    const step = linkTransition(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const arrived = (connection: number): LinkEvent => ({ type: 'connection.arrived', connection });
const welcomed = (connection: number): LinkEvent => ({
  type: 'connection.welcomed',
  connection,
  token: new Secret('t'),
  heartbeatMs: 1,
  controlVersion: '1',
});

describe('linkTransition', () => {
  it('has this table of every state and event', () => {
    expect(renderTransitions(controlLinkMachine)).toMatchInlineSnapshot(`
      "| state | event | next | effects |
      |---|---|---|---|
      | away (never linked) | 2 arrived | away (2 unproven, enrolment token) | prove 2 |
      | away (never linked) | 2 failed | away (0 unproven, enrolment token) | |
      | away (never linked) | 2 welcomed | linked by 2 (0 unproven, instance token) | tell.linked, begin 2 |
      | away (never linked) | refused: fenced | away (never linked) | tell.fenced |
      | away (never linked) | refused: unauthorized | away (1 unproven, enrolment token) | |
      | away (never linked) | farewell.begun | leaving (1 unproven, enrolment token) | |
      | away (never linked) | close.ordered | closed | |
      | away | 2 arrived | away (2 unproven, instance token) | prove 2 |
      | away | 2 failed | away (0 unproven, instance token) | |
      | away | 2 welcomed | linked by 2 (0 unproven, instance token) | tell.linked, begin 2 |
      | away | refused: fenced | away | tell.fenced |
      | away | refused: unauthorized | away (1 unproven, enrolment token) | |
      | away | farewell.begun | leaving (1 unproven, instance token) | |
      | away | close.ordered | closed | |
      | away (4 unproven) | 2 arrived | away (4 unproven) | turn_away 2 |
      | away (4 unproven) | 2 failed | away (3 unproven, instance token) | |
      | away (4 unproven) | 2 welcomed | linked by 2 (3 unproven, instance token) | tell.linked, begin 2 |
      | away (4 unproven) | refused: fenced | away (4 unproven) | tell.fenced |
      | away (4 unproven) | refused: unauthorized | away (4 unproven, enrolment token) | |
      | away (4 unproven) | farewell.begun | leaving (4 unproven, instance token) | |
      | away (4 unproven) | close.ordered | closed | |
      | linked by 1 | 2 arrived | linked by 1 (2 unproven, instance token) | prove 2 |
      | linked by 1 | 2 failed | linked by 1 (0 unproven, instance token) | |
      | linked by 1 | 2 welcomed | linked by 2 (0 unproven, instance token) | drop 1, tell.linked, begin 2 |
      | linked by 1 | 1 ended | away (1 unproven, instance token) | tell.away |
      | linked by 1 | refused: fenced | linked by 1 | tell.fenced |
      | linked by 1 | refused: unauthorized | linked by 1 (1 unproven, enrolment token) | |
      | linked by 1 | farewell.begun | leaving by 1 (1 unproven, instance token) | |
      | linked by 1 | close.ordered | closed | drop 1 |
      | leaving by 1 | 2 arrived | leaving by 1 | turn_away 2 |
      | leaving by 1 | 2 failed | leaving by 1 (0 unproven, instance token) | |
      | leaving by 1 | 2 welcomed | leaving by 1 (0 unproven, instance token) | drop 2 |
      | leaving by 1 | 1 ended | leaving (1 unproven, instance token) | tell.away |
      | leaving by 1 | refused: fenced | leaving by 1 | tell.fenced |
      | leaving by 1 | refused: unauthorized | leaving by 1 (1 unproven, enrolment token) | |
      | leaving by 1 | farewell.begun | leaving by 1 (1 unproven, instance token) | |
      | leaving by 1 | close.ordered | closed | drop 1 |
      | leaving | 2 arrived | leaving | turn_away 2 |
      | leaving | 2 failed | leaving (0 unproven, instance token) | |
      | leaving | 2 welcomed | leaving (0 unproven, instance token) | drop 2 |
      | leaving | refused: fenced | leaving | tell.fenced |
      | leaving | refused: unauthorized | leaving (1 unproven, enrolment token) | |
      | leaving | farewell.begun | leaving (1 unproven, instance token) | |
      | leaving | close.ordered | closed | |
      | closed | 2 arrived | closed | turn_away 2 |
      | closed | 2 welcomed | closed | drop 2 |
      "
    `);
  });

  it('proves four connections at once, and the next when one of them is done', () => {
    const types = (...events: LinkEvent[]) => play(...events).effects.map(({ type }) => type);
    const four = [1, 2, 3, 4].map(arrived);
    expect(types(...four, arrived(5))).toEqual(['prove', 'prove', 'prove', 'prove', 'turn_away']);
    expect(types(...four, { type: 'connection.failed', connection: 2 }, arrived(5)).at(-1)).toBe('prove');
  });

  it('answers with its own token once control has given it, and with the enrolment token when control forgot it', () => {
    const last = (...events: LinkEvent[]) => play(...events, arrived(9)).effects.at(-1);
    expect(last()).toMatchObject({ token: { kind: 'enrolment' } });
    expect(last(arrived(1), welcomed(1))).toMatchObject({ token: { kind: 'instance' } });
    const refused: LinkEvent = { type: 'agent.refused', code: 'unauthorized', message: 'unknown' };
    expect(last(arrived(1), welcomed(1), refused)).toMatchObject({ token: { kind: 'enrolment' } });
  });

  it('uses the newest connection, and is not away when the one before it ends', () => {
    const ended: LinkEvent = { type: 'connection.ended', connection: 1, why: 'replaced' };
    const { state, effects } = play(arrived(1), arrived(2), welcomed(1), welcomed(2), ended);
    expect(state).toMatchObject({ status: 'linked', connection: 2, unproven: 0 });
    expect(effects.map(({ type }) => type)).not.toContain('tell.away');
  });
});
