// The states and events of the link to control, one example of each, for its table.

import { type Machine, nameWith, Secret } from '@fairlead/kit';
import { type LinkEffect, type LinkEvent, type LinkState, linkTransition } from './link-machine.ts';

const token = new Secret('of this instance');
const common = { unproven: 1, token: { kind: 'instance', token } } as const;
const welcomed = { type: 'connection.welcomed', token, heartbeatMs: 5_000, controlVersion: '1.0.0' } as const;

/** For the test, and for docs/state-machines.md. */
export const controlLinkMachine: Machine<LinkState, LinkEvent, LinkEffect> = {
  step: linkTransition,
  states: {
    'away (never linked)': { status: 'away', unproven: 1, token: { kind: 'enrolment' } },
    away: { status: 'away', ...common },
    'away (4 unproven)': { status: 'away', ...common, unproven: 4 },
    'linked by 1': { status: 'linked', connection: 1, ...common },
    'leaving by 1': { status: 'leaving', connection: 1, ...common },
    leaving: { status: 'leaving', connection: undefined, ...common },
    closed: { status: 'closed' },
  },
  events: {
    '2 arrived': { type: 'connection.arrived', connection: 2 },
    '2 failed': { type: 'connection.failed', connection: 2 },
    '2 welcomed': { ...welcomed, connection: 2 },
    '1 ended': { type: 'connection.ended', connection: 1, why: 'reset' },
    '2 ended': { type: 'connection.ended', connection: 2, why: 'reset' },
    'refused: fenced': { type: 'agent.refused', code: 'fenced', message: 'superseded' },
    'refused: unauthorized': { type: 'agent.refused', code: 'unauthorized', message: 'unknown token' },
    'farewell.begun': { type: 'farewell.begun' },
    'close.ordered': { type: 'close.ordered' },
  },
  nameState: (state) => {
    if (state.status === 'closed') return 'closed';
    const by = 'connection' in state && state.connection !== undefined ? ` by ${state.connection}` : '';
    return nameWith(state.status + by, `${state.unproven} unproven`, `${state.token.kind} token`);
  },
  nameEffect: (effect) => ('connection' in effect ? `${effect.type} ${effect.connection}` : effect.type),
};
