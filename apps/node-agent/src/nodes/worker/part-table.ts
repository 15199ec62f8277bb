// The states and events of a worker, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';
import { type WorkerEffect, type WorkerEvent, type WorkerState, workerTransition } from './part-state.ts';

const meeting = { address: '10.0.0.1', port: 41234 };
const failure = { message: 'it died', fatal: false, lastLines: [] };

/** For the test, and for docs/state-machines.md. */
export const workerMachine: Machine<WorkerState, WorkerEvent, WorkerEffect> = {
  step: workerTransition,
  states: [
    { part: { status: 'none', after: 1 } },
    { part: { status: 'starting', run: 1 } },
    { part: { status: 'running', run: 1, pid: 7 } },
    { part: { status: 'exited', run: 1, ...failure } },
    { part: { status: 'ending', run: 1 } },
    { part: { status: 'ending', run: 1 }, leaving: 'leader_lost' },
    { part: { status: 'none', after: 1 }, leaving: 'ended' },
  ],
  events: {
    'part.start': { type: 'part.start', run: 2, meeting },
    'part.end': { type: 'part.end', run: 2, limitMs: 5000 },
    'node.leave': { type: 'node.leave' },
    'leader.lost': { type: 'leader.lost' },
    'node.refused': { type: 'node.refused' },
    'engine.spawned': { type: 'engine.spawned', pid: 7 },
    'engine.failed': { type: 'engine.failed', failure },
    'engine.stuck': { type: 'engine.stuck', pids: [7] },
    'engine.gone': { type: 'engine.gone' },
  },
  nameState: ({ part, leaving }) => nameWith(part.status, leaving && `leaving: ${leaving}`),
  nameEffect: (effect) => (effect.type === 'exit' ? `exit ${effect.exit}` : effect.type),
};
