// The states and events of a local job, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';

import { type JobEffect, type JobEnd, type JobEvent, type JobLife, transition } from './job-life.ts';

const end: JobEnd = { state: 'COMPLETED', reason: 'None', exitCode: { code: 0, signal: 0 } };

/** For the test, and for docs/state-machines.md. */
export const jobMachine: Machine<JobLife, JobEvent, JobEffect> = {
  step: transition,
  states: [
    { kind: 'running' },
    { kind: 'ending', cause: 'timeout' },
    { kind: 'ending', cause: 'cancelled' },
    { kind: 'clearing', end },
    { kind: 'ended', end },
  ],
  events: {
    'warning.due': { type: 'warning.due', signal: 'SIGUSR2' },
    'deadline.reached': { type: 'deadline.reached' },
    'job.drain': { type: 'job.drain' },
    'job.stop': { type: 'job.stop' },
    'job.kill': { type: 'job.kill' },
    'kill-wait.over': { type: 'kill-wait.over' },
    'script.exited': { type: 'script.exited', code: 3, signal: 0 },
    'processes.cleared': { type: 'processes.cleared' },
  },
  nameState: (life) => nameWith(life.kind, life.kind === 'ending' && life.cause),
  nameEffect: (effect) => ('state' in effect ? `${effect.type} ${effect.state}` : effect.type),
};
