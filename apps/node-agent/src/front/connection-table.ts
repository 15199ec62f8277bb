// A connection's states and events, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  stepConnection,
} from './connection-life.ts';
import { refuse } from '@fairlead/openai-wire';

const finishing = { phase: 'finishing', outcome: 'completed', delivered: false, clientEnded: false } as const;

const states: readonly ConnectionState[] = [
  { phase: 'reading' },
  { phase: 'relaying', answered: false, uploading: true },
  { phase: 'relaying', answered: false, uploading: false },
  { phase: 'relaying', answered: true, uploading: true },
  { phase: 'relaying', answered: true, uploading: false },
  finishing,
  { ...finishing, delivered: true },
  { ...finishing, clientEnded: true },
  { phase: 'closed', outcome: 'completed' },
];

const events: Readonly<Record<string, ConnectionInput>> = {
  'head.admitted': { type: 'head.admitted', uploading: true },
  'head.admitted (no body)': { type: 'head.admitted', uploading: false },
  'request.refused': { type: 'request.refused', refusal: refuse('payload_too_large', 'Too large.') },
  'head.late': { type: 'head.late', started: true },
  'head.late (nothing came)': { type: 'head.late', started: false },
  'body.ended': { type: 'body.ended' },
  'body.stalled': { type: 'body.stalled' },
  'upload.stalled': { type: 'upload.stalled' },
  'engine.answered': { type: 'engine.answered' },
  'engine.ended': { type: 'engine.ended' },
  'engine.failed': { type: 'engine.failed' },
  'client.ended': { type: 'client.ended' },
  'client.failed': { type: 'client.failed' },
  'client.delivered': { type: 'client.delivered' },
  'linger.passed': { type: 'linger.passed' },
  'front.cut': { type: 'front.cut' },
};

/** For the test, and for docs/state-machines.md. */
export const connectionMachine: Machine<ConnectionState, ConnectionInput, ConnectionEffect> = {
  step: stepConnection,
  states,
  events,
  nameState: nameOf,
  nameEffect: (effect) => (effect.do === 'answer' ? `answer ${effect.refusal.code}` : effect.do),
};

function nameOf(state: ConnectionState): string {
  switch (state.phase) {
    case 'reading':
      return 'reading';
    case 'relaying':
      return nameWith('relaying', state.uploading && 'uploading', state.answered && 'answered');
    case 'finishing':
      return nameWith('finishing', state.outcome, state.delivered && 'delivered', state.clientEnded && 'client ended');
    case 'closed':
      return nameWith('closed', state.outcome);
  }
}
