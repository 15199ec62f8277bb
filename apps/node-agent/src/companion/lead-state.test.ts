import { renderTransitions } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { type LeadEffect, type LeadEvent, type LeadState, leadTransition } from './lead-state.ts';
import { leadMachine } from './lead-table.ts';

const failure = { message: 'node2 (rank 1): Ray failed', fatal: false, lastLines: [] };

/** Takes events one after the other; `last` is what the last one led to. */
function after(...events: LeadEvent[]): { state: LeadState; last: readonly LeadEffect[] } {
  let state: LeadState = { status: 'down' };
  let last: readonly LeadEffect[] = [];
  for (const event of events) ({ state, effects: last } = leadTransition(state, event));
  return { state, last };
}

const driving: LeadEvent[] = [{ type: 'engine.wanted' }, { type: 'companions.started' }, { type: 'companions.met' }];
const exited: LeadEvent = { type: 'engine.exited', exit: { code: 1, signal: null } };
const failed: LeadEvent = { type: 'companion.failed', failure };
const unwanted: LeadEvent = { type: 'engine.unwanted', limitMs: 5000 };
const gone: LeadEvent = { type: 'engine.gone' };

describe('an engine with companions', () => {
  it('answers each event in each state as its table says', async () => {
    await expect(renderTransitions(leadMachine)).toMatchFileSnapshot('./lead-table.snapshot.md');
  });

  it('keeps companions that are whole for the next start, which checks them first', () => {
    const spare = after(...driving, exited, unwanted, gone);
    expect(spare.state).toEqual({ status: 'spare' });
    const next = after(...driving, exited, unwanted, gone, { type: 'engine.wanted' });
    expect(next.last).toEqual([{ type: 'companions.check' }]);
  });

  it('tells of a companion that failed, and ends all of them after the engine', () => {
    const told = after(...driving, failed);
    expect(told.last).toEqual([{ type: 'tell', exit: { code: null, signal: null, elsewhere: failure } }]);
    expect(after(...driving, failed, unwanted, gone).last).toEqual([{ type: 'companions.end' }]);
  });

  it.each([
    ['after the engine', [...driving, exited, failed, unwanted, gone]],
    ['while the engine is being ended', [...driving, unwanted, failed, gone]],
    ['while they wait for an engine', [...driving, unwanted, gone, failed]],
  ])('ends companions of which one failed %s', (_when, events) => {
    expect(after(...events).state).toEqual({ status: 'lowering' });
    const again = after(...events, { type: 'companions.gone' }, { type: 'engine.wanted' });
    expect(again.last).toEqual([{ type: 'companions.start' }]);
  });

  it('tells the first cause alone', () => {
    expect(after(...driving, exited, failed).last).toEqual([]);
    expect(after(...driving, failed, exited).last).toEqual([]);
  });
});
