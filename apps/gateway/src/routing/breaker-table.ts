// The breaker's states and events, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';

import { type BreakerEffect, type BreakerInput, type BreakerState, stepBreaker } from './breaker.ts';

const reason = 'reset';

const states: Readonly<Record<string, BreakerState>> = {
  closed: { status: 'closed', failures: 0 },
  'closed (one failure)': { status: 'closed', failures: 1 },
  'closed (two failures)': { status: 'closed', failures: 2 },
  open: { status: 'open', untilMs: 10, opened: 1, reason },
  probing: { status: 'probing', opened: 1, reason },
};

const events: Readonly<Record<string, BreakerInput>> = {
  'request.sent': { type: 'request.sent', nowMs: 5 },
  'request.sent (pause over)': { type: 'request.sent', nowMs: 10 },
  'request.succeeded': { type: 'request.succeeded' },
  'request.failed': { type: 'request.failed', reason, nowMs: 5 },
  'request.dropped': { type: 'request.dropped', nowMs: 5 },
};

export const breakerMachine: Machine<BreakerState, BreakerInput, BreakerEffect> = {
  step: stepBreaker,
  states,
  events,
  nameState: (state) =>
    state.status === 'closed' && state.failures > 0
      ? nameWith('closed', state.failures === 1 ? 'one failure' : 'two failures')
      : state.status,
  nameEffect: (effect) => `tell ${effect.state}`,
};
