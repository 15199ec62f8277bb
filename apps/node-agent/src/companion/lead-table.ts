// The states and events of an engine with companions, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';
import { type LeadEffect, type LeadEvent, type LeadState, leadTransition } from './lead-state.ts';

/** For the test, and for docs/state-machines.md. */
export const leadMachine: Machine<LeadState, LeadEvent, LeadEffect> = {
  step: leadTransition,
  states: [
    { status: 'down' },
    { status: 'raising' },
    { status: 'meeting' },
    { status: 'driving' },
    { status: 'failed', isWhole: true },
    { status: 'failed', isWhole: false },
    { status: 'ending', isWhole: true },
    { status: 'ending', isWhole: false },
    { status: 'spare' },
    { status: 'lowering' },
  ],
  events: {
    'engine.wanted': { type: 'engine.wanted' },
    'companions.started': { type: 'companions.started' },
    'companions.absent': { type: 'companions.absent' },
    'companions.met': { type: 'companions.met' },
    'companion.failed': {
      type: 'companion.failed',
      failure: { message: 'node2 (rank 1): Ray failed', fatal: false, lastLines: [] },
    },
    'engine.exited': { type: 'engine.exited', exit: { code: 1, signal: null } },
    'engine.unwanted': { type: 'engine.unwanted', limitMs: 5000 },
    'engine.gone': { type: 'engine.gone' },
    'companions.gone': { type: 'companions.gone' },
    leave: { type: 'leave' },
  },
  nameState: (state) => nameWith(state.status, 'isWhole' in state && state.isWhole && 'companions whole'),
  nameEffect: ({ type }) => type,
};
