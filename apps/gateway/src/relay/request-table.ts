// The request's states and events, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';
import { refuse } from '@fairlead/openai-wire';

import { type RequestEffect, type RequestInput, type RequestState, stepRequest } from './request-life.ts';

const problem = refuse('engine_unavailable', 'Gone.');

const states: readonly RequestState[] = [
  { phase: 'received' },
  { phase: 'authenticated' },
  { phase: 'queued' },
  { phase: 'admitted', tries: 0 },
  { phase: 'connecting', tries: 0 },
  { phase: 'connecting', tries: 2 },
  { phase: 'waiting', tries: 0 },
  { phase: 'waiting', tries: 2 },
  { phase: 'streaming' },
  { phase: 'settled', outcome: 'completed' },
];

const events: Readonly<Record<string, RequestInput>> = {
  'key.accepted': { type: 'key.accepted' },
  'request.refused': { type: 'request.refused', refusal: problem },
  'budget.reserved': { type: 'budget.reserved' },
  'turn.come': { type: 'turn.come' },
  'offer.picked': { type: 'offer.picked' },
  'upstream.connected': { type: 'upstream.connected' },
  'upstream.failed': { type: 'upstream.failed', problem, mayRetry: true },
  'upstream.failed (no retry)': { type: 'upstream.failed', problem, mayRetry: false },
  'answer.begun': { type: 'answer.begun' },
  'answer.ended': { type: 'answer.ended' },
  'time.over': { type: 'time.over', problem },
  'client.left': { type: 'client.left' },
  'key.ended': { type: 'key.ended', problem },
  'gateway.stopped': { type: 'gateway.stopped' },
};

export const requestMachine: Machine<RequestState, RequestInput, RequestEffect> = {
  step: stepRequest,
  states,
  events,
  nameState: nameOf,
  nameEffect: (effect) => effect.do,
};

function nameOf(state: RequestState): string {
  if (state.phase === 'settled') return nameWith('settled', state.outcome);
  return 'tries' in state ? nameWith(state.phase, state.tries > 0 && `${state.tries} failed`) : state.phase;
}
