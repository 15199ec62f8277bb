import { renderTransitions } from '@fairlead/kit';
import type { PartReport } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';
import { rosterPolicy, rosterTransition } from './roster.ts';
import { firstRoster, type Roster, type RosterEffect, type RosterEvent } from './roster-state.ts';
import { rosterMachine } from './roster-table.ts';

const none = (after = 0): PartReport => ({ status: 'none', after });
const running = (run: number): PartReport => ({ status: 'running', run, pid: 7 });

/** Takes events one after the other; `last` is what the last one led to. */
function after(roster: Roster, ...events: RosterEvent[]): { roster: Roster; last: readonly RosterEffect[] } {
  let last: readonly RosterEffect[] = [];
  for (const event of events) {
    const step = rosterTransition(roster, event, rosterPolicy);
    roster = step.state;
    last = step.effects;
  }
  return { roster, last };
}

const three = firstRoster(['node1', 'node2', 'node3']);
const joined = (rank: number, part = none()): RosterEvent => ({ type: 'node.joined', rank, part });
const reported = (rank: number, part: PartReport): RosterEvent => ({ type: 'node.reported', rank, part });
const lost = (rank: number): RosterEvent => ({ type: 'node.lost', rank, reason: 'no word for 12 s' });
const wanted: RosterEvent = { type: 'engine.wanted' };
const unwanted: RosterEvent = { type: 'engine.unwanted', limitMs: 5000 };
const types = (effects: readonly RosterEffect[]) => effects.map(({ type }) => type);

describe('the roster of a job', () => {
  it('answers each event in each state as its table says', async () => {
    await expect(renderTransitions(rosterMachine)).toMatchFileSnapshot('./roster-table.snapshot.md');
  });

  it('starts all parts when the last node has joined, and names those that it waits for', () => {
    const waiting = after(three, joined(1), wanted);
    expect(waiting.last).toEqual([
      { type: 'note', kind: 'nodes.awaited', message: 'waits for node3 (rank 2)' },
      { type: 'timer.set', ms: rosterPolicy.joinLimitMs },
    ]);
    expect(types(after(waiting.roster, joined(2)).last)).toEqual([
      'note',
      'timer.clear',
      'part.start',
      'part.start',
      'engine.gathered',
    ]);
  });

  it('takes a report that was written before the order to start was read for nothing', () => {
    const up = after(three, joined(1), joined(2), wanted);
    expect(after(up.roster, reported(1, none()), unwanted).last).toContainEqual({
      type: 'part.end',
      rank: 1,
      run: 1,
      limitMs: 5000,
    });
  });

  it('repeats an order to start that was lost with its connection', () => {
    const up = after(three, joined(1), joined(2), wanted);
    expect(after(up.roster, joined(1)).last).toEqual([{ type: 'part.start', rank: 1, run: 1 }]);
    expect(after(up.roster, joined(1, running(1))).last).toEqual([]);
  });

  it('takes an exit with code 0 for a failure, and names the node', () => {
    const up = after(three, joined(1), joined(2), wanted, reported(1, running(1)), reported(2, running(1)));
    const message = 'the engine ended with exit code 0';
    const exit = reported(2, { status: 'exited', run: 1, message, fatal: false, lastLines: ['bye'] });
    expect(after(up.roster, exit).last).toEqual([
      {
        type: 'engine.failed',
        rank: 2,
        failure: { message: `node3 (rank 2): ${message}`, fatal: false, lastLines: ['bye'] },
      },
    ]);
    expect(after(up.roster, exit, exit).last).toEqual([]);
  });

  it('takes a part that is gone although it was not told to end for a failure', () => {
    const up = after(three, joined(1), joined(2), wanted, reported(1, running(1)));
    expect(after(up.roster, reported(1, none(1))).last).toMatchObject([
      { type: 'engine.failed', failure: { message: 'node2 (rank 1): its part of the engine has ended' } },
    ]);
  });

  it('waits for the end on every node before the next run, and not for a node that is lost', () => {
    const up = after(three, joined(1), joined(2), wanted, reported(1, running(1)), reported(2, running(1)));
    const ending = after(up.roster, lost(2), unwanted);
    expect(ending.last).toContainEqual({ type: 'part.end', rank: 1, run: 1, limitMs: 5000 });
    const idle = after(ending.roster, reported(1, none(1)));
    expect(idle.last).toEqual([{ type: 'engine.gone' }]);
    const again = after(idle.roster, wanted);
    expect(again.last).toContainEqual({ type: 'timer.set', ms: rosterPolicy.returnLimitMs });
    const back = after(again.roster, joined(2, running(1)));
    expect(back.last).toContainEqual({ type: 'part.end', rank: 2, run: 1, limitMs: rosterPolicy.leftoverLimitMs });
    expect(types(after(back.roster, reported(2, none(1))).last)).toContain('engine.gathered');
  });

  it('names the nodes that did not come, and that did not come back', () => {
    const { roster } = after(three, joined(1), wanted, lost(1));
    const [effect] = after(roster, { type: 'gathering.limit_reached' }).last;
    expect(effect).toMatchObject({
      type: 'nodes.missing',
      message: 'node2 (rank 1) was lost and did not come back: no word for 12 s',
      hosts: ['node2'],
    });
    const late = after(three, joined(1), wanted, { type: 'gathering.limit_reached' });
    expect(late.last).toMatchObject([{ message: 'node3 (rank 2) did not come within 300 s', hosts: ['node3'] }]);
  });

  it('gives nodes that have not come yet their time again when a lost one is back', () => {
    const waiting = after(three, joined(1), wanted, lost(1));
    expect(waiting.last).toContainEqual({ type: 'timer.set', ms: rosterPolicy.returnLimitMs });
    expect(after(waiting.roster, joined(1)).last).toContainEqual({ type: 'timer.set', ms: rosterPolicy.joinLimitMs });
  });

  it('ends a run that a node was never told of', () => {
    const up = after(three, joined(1), joined(2), wanted, unwanted);
    expect(types(after(up.roster, reported(1, none(1)), reported(2, none(1))).last)).toEqual(['engine.gone']);
  });

  it('notes a part that ends after the first failure, which may be its consequence, and tells of it too', () => {
    const up = after(three, joined(1), joined(2), wanted, reported(1, running(1)), reported(2, running(1)));
    const exit = (rank: number) =>
      reported(rank, { status: 'exited', run: 1, message: 'exit code 0', fatal: false, lastLines: [] });
    expect(after(up.roster, exit(1), exit(2)).last).toEqual([
      { type: 'note', kind: 'node.exited', message: 'node3 (rank 2): exit code 0' },
      {
        type: 'engine.failed',
        rank: 2,
        failure: { message: 'node3 (rank 2): exit code 0', fatal: false, lastLines: [] },
      },
    ]);
    expect(types(after(up.roster, exit(1), unwanted, exit(2)).last)).toEqual(['note']);
    expect(types(after(up.roster, exit(1), lost(2)).last)).toEqual(['note', 'engine.failed']);
  });
});
