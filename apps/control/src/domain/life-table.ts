// The states and events of an instance's life, one example of each, for its table.

import type { Machine } from '@fairlead/kit';

import { type LifeEffect, type LifeEvent, transition } from './instance-life.ts';
import type { Life } from './records.ts';

const FIRST = { processId: 'p1', restart: 0, hostname: 'node1' };
const CAUSE = { code: 'requested', message: 'as asked' } as const;
const RETIRED = { retired: 0 };

/** One example of each state that differs from the others in what it does next. */
const STATES: Record<string, Life> = {
  submitted: { phase: 'waiting', state: { status: 'submitted' }, ...RETIRED },
  queued: { phase: 'waiting', state: { status: 'queued' }, ...RETIRED },
  starting: { phase: 'attended', agent: FIRST, state: { status: 'starting', phase: 'loading' }, ...RETIRED },
  ready: { phase: 'attended', agent: FIRST, state: { status: 'ready' }, generation: 1, ...RETIRED },
  degraded: {
    phase: 'attended',
    agent: FIRST,
    state: { status: 'degraded', reason: 'slow' },
    generation: 1,
    ...RETIRED,
  },
  draining: {
    phase: 'attended',
    agent: FIRST,
    state: { status: 'draining', untilMs: 0, cause: CAUSE },
    generation: 1,
    ...RETIRED,
  },
  'ready (job seen to end)': {
    phase: 'attended',
    agent: FIRST,
    state: { status: 'ready' },
    generation: 1,
    jobEnd: { status: 'failed', cause: { code: 'preempted', message: 'preempted' } },
    ...RETIRED,
  },
  lost: {
    phase: 'lost',
    agent: FIRST,
    state: { status: 'failed', cause: { code: 'agent_lost', message: 'silent' } },
    generation: 1,
    ...RETIRED,
  },
  'lost while it drained': {
    phase: 'lost',
    agent: FIRST,
    state: { status: 'failed', cause: { code: 'agent_lost', message: 'silent' } },
    generation: 1,
    leaving: CAUSE,
    ...RETIRED,
  },
  'ended by its agent': {
    phase: 'ended',
    by: 'agent',
    agent: FIRST,
    state: { status: 'stopped', cause: CAUSE },
    retired: 1,
  },
  'ended by the submitter': {
    phase: 'ended',
    by: 'submitter',
    state: { status: 'failed', cause: { code: 'cancelled', message: 'cancelled' } },
    ...RETIRED,
  },
  'ended by control': { phase: 'ended', by: 'control', state: { status: 'stopped', cause: CAUSE }, ...RETIRED },
};

const EVENTS: Record<string, LifeEvent> = {
  'its agent enrols': { type: 'agent.enrolled', agent: FIRST },
  'a later restart enrols': { type: 'agent.enrolled', agent: { processId: 'p2', restart: 1, hostname: 'node2' } },
  'reports ready at 2': { type: 'instance.reported', state: { status: 'ready' }, generation: 2 },
  'reports ready (no tunnel)': { type: 'instance.reported', state: { status: 'ready' } },
  'reports stopped': { type: 'instance.reported', state: { status: 'stopped', cause: CAUSE } },
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
  states: STATES,
  events: EVENTS,
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
