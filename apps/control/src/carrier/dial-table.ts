// The states and events of one socket file, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';

import { type DialEffect, type DialEvent, type DialState, dialTransition, failingOf } from './dial-machine.ts';

/** For the test, and for docs/state-machines.md. */
export const dialMachine: Machine<DialState, DialEvent, DialEffect> = {
  step: dialTransition,
  states: [
    { status: 'idle' },
    { status: 'queued' },
    { status: 'dialling' },
    { status: 'dialling', failing: { times: 2, sinceMs: 1 } },
    { status: 'waiting', failing: { times: 1, sinceMs: 1 } },
    { status: 'proven' },
    { status: 'forgotten' },
  ],
  events: {
    'reviewed: keep': { type: 'file.reviewed', decision: 'keep' },
    'reviewed: dial': { type: 'file.reviewed', decision: 'dial' },
    'reviewed: park': { type: 'file.reviewed', decision: 'park' },
    'reviewed: unlink': { type: 'file.reviewed', decision: 'unlink' },
    'file.gone': { type: 'file.gone' },
    'file.surplus': { type: 'file.surplus' },
    'dial.begun': { type: 'dial.begun' },
    'agent.proved': { type: 'agent.proved' },
    'connection.closed': { type: 'connection.closed', nowMs: 5, isMissing: false },
    'connection.closed (no file)': { type: 'connection.closed', nowMs: 5, isMissing: true },
    'redial.due': { type: 'redial.due' },
  },
  nameState: (state) => {
    const failing = failingOf(state);
    return nameWith(state.status, failing && `${failing.times} failed`);
  },
  nameEffect: (effect) => effect.type,
};
