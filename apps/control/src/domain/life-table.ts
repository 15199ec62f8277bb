// The states and events of an instance's life, one example of each, for its table.

import type { Machine } from '@fairlead/kit';

import { type LifeEffect, type LifeEvent, transition } from './instance-life.ts';
import type { Life } from './records.ts';

const first = { processId: 'p1', restart: 0, hostname: 'node1' };
const asRequested = { code: 'requested', message: 'as asked' } as const;
const noneRetired = { retired: 0 };

/** One example of each state that differs from the others in what it does next. */
const states: Record<string, Life> = {
  submitted: { phase: 'waiting', state: { status: 'submitted' }, ...noneRetired },
  queued: { phase: 'waiting', state: { status: 'queued' }, ...noneRetired },
  starting: { phase: 'attended', agent: first, state: { status: 'starting', phase: 'loading' }, ...noneRetired },
  ready: { phase: 'attended', agent: first, state: { status: 'ready' }, generation: 1, ...noneRetired },
  degraded: {
    phase: 'attended',
    agent: first,
    state: { status: 'degraded', reason: 'slow' },
    generation: 1,
    ...noneRetired,
  },
  draining: {
    phase: 'attended',
    agent: first,
    state: { status: 'draining', untilMs: 0, cause: asRequested },
    generation: 1,
    ...noneRetired,
  },
  'ready (job seen to end)': {
    phase: 'attended',
    agent: first,
    state: { status: 'ready' },
    generation: 1,
    jobEnd: { status: 'failed', cause: { code: 'preempted', message: 'preempted' } },
    ...noneRetired,
  },
  'draining (job seen to end)': {
    phase: 'attended',
    agent: first,
    state: { status: 'draining', untilMs: 0, cause: asRequested },
    generation: 1,
    jobEnd: { status: 'failed', cause: { code: 'job_ended', message: 'killed' } },
    ...noneRetired,
  },
  lost: {
    phase: 'lost',
    agent: first,
    state: { status: 'failed', cause: { code: 'agent_lost', message: 'silent' } },
    generation: 1,
    ...noneRetired,
  },
  'lost while it drained': {
    phase: 'lost',
    agent: first,
    state: { status: 'failed', cause: { code: 'agent_lost', message: 'silent' } },
    generation: 1,
    leaving: asRequested,
    ...noneRetired,
  },
  'ended by its agent': {
    phase: 'ended',
    by: 'agent',
    agent: first,
    state: { status: 'stopped', cause: asRequested },
    retired: 1,
  },
  'ended by the submitter': {
    phase: 'ended',
    by: 'submitter',
    state: { status: 'failed', cause: { code: 'cancelled', message: 'cancelled' } },
    ...noneRetired,
  },
  'ended by control': {
    phase: 'ended',
    by: 'control',
    state: { status: 'stopped', cause: asRequested },
    ...noneRetired,
  },
};

const events: Record<string, LifeEvent> = {
  'its agent enrols': { type: 'agent.enrolled', agent: first },
  'a later restart enrols': { type: 'agent.enrolled', agent: { processId: 'p2', restart: 1, hostname: 'node2' } },
  'reports ready at 2': { type: 'instance.reported', state: { status: 'ready' }, generation: 2 },
  'reports ready (no tunnel)': { type: 'instance.reported', state: { status: 'ready' } },
  'reports stopped': { type: 'instance.reported', state: { status: 'stopped', cause: asRequested } },
  'the lease ends': { type: 'lease.expired', silentMs: 15_000 },
  'the job is queued': { type: 'job.observed', state: { status: 'queued', reason: 'Resources' } },
  'the job was cancelled': {
    type: 'job.observed',
    state: { status: 'failed', cause: { code: 'cancelled', message: 'cancelled' } },
  },
  'stop (job known)': { type: 'stop.requested', mode: 'drain', job: true },
  'stop (no job yet)': { type: 'stop.requested', mode: 'drain', job: false },
};

/** For the test, and for docs/state-machines.md. */
export const lifeMachine: Machine<Life, LifeEvent, LifeEffect> = {
  step: transition,
  states,
  events,
  nameState: describeLife,
  nameEffect: (effect) => (effect.type === 'history.add' ? `note ${effect.kind}` : effect.type),
};

function describeLife(life: Life): string {
  const at = 'generation' in life && life.generation !== undefined ? ` at ${life.generation}` : '';
  const who = life.phase === 'ended' ? `ended by ${life.by}` : life.phase;
  const retired = life.retired > 0 ? `, retired to ${life.retired}` : '';
  const cause = 'cause' in life.state ? ` (${life.state.cause.code})` : '';
  return `${who}: ${life.state.status}${cause}${at}${retired}`;
}
