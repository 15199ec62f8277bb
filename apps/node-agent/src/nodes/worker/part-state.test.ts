import { renderTransitions } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { firstWorker, type WorkerEvent, workerTransition } from './part-state.ts';
import { workerMachine } from './part-table.ts';

const meeting = { address: '10.0.0.1', port: 41234 };

function after(...events: WorkerEvent[]) {
  let step = workerTransition(firstWorker, events[0]!);
  for (const event of events.slice(1)) step = workerTransition(step.state, event);
  return step;
}

const started: WorkerEvent[] = [
  { type: 'part.start', run: 1, meeting },
  { type: 'engine.spawned', pid: 7 },
];

describe("a worker's part", () => {
  it('answers each event in each state as its table says', async () => {
    await expect(renderTransitions(workerMachine)).toMatchFileSnapshot('./part-table.snapshot.md');
  });

  it('is started once, whatever is ordered again', () => {
    expect(after(...started, { type: 'part.start', run: 2, meeting }).effects).toEqual([{ type: 'report' }]);
  });

  it('ends by itself when the leader is gone, and the worker leaves when nothing is left', () => {
    const ending = after(...started, { type: 'leader.lost' });
    expect(ending.effects).toContainEqual({ type: 'engine.end', limitMs: 2000 });
    expect(workerTransition(ending.state, { type: 'engine.gone' }).effects).toEqual([
      { type: 'report' },
      { type: 'exit', exit: 'leader_lost' },
    ]);
  });

  it('answers the end of a run that it was never told of', () => {
    const { state, effects } = after({ type: 'part.end', run: 3, limitMs: 0 });
    expect(state.part).toEqual({ status: 'none', after: 3 });
    expect(effects).toEqual([{ type: 'report' }]);
  });

  it('keeps the first reason to leave', () => {
    const last = after(...started, { type: 'node.leave' }, { type: 'leader.lost' }, { type: 'engine.gone' });
    expect(last.effects).toContainEqual({ type: 'exit', exit: 'ended' });
  });
});
