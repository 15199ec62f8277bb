// The states and events of a link to the bastion, one example of each, for its table.

import type { Machine } from '@fairlead/kit';
import { type TunnelEffect, type TunnelEvent, type TunnelState, tunnelTransition } from './tunnel-machine.ts';

const now = 0;
const failed = (code: string): TunnelEvent => ({ type: 'tunnel.failed', code, message: `it is ${code}`, now });

/** For the test, and for docs/state-machines.md. */
export const tunnelMachine: Machine<TunnelState, TunnelEvent, TunnelEffect> = {
  step: tunnelTransition,
  states: {
    idle: { status: 'idle', generation: 1 },
    connecting: { status: 'connecting', attempt: 0, generation: 1, everUp: false },
    'connecting (was up before)': { status: 'connecting', attempt: 0, generation: 2, everUp: true },
    up: { status: 'up', attempt: 0, generation: 1, sinceMs: 0 },
    waiting: { status: 'waiting', attempt: 1, generation: 1, everUp: false, reason: 'refused' },
    hopeless: { status: 'hopeless', reason: 'another key' },
    closed: { status: 'closed' },
  },
  events: {
    'try.due': { type: 'try.due', now },
    'tunnel.opened': { type: 'tunnel.opened', now },
    'tunnel.failed refused': failed('refused'),
    'tunnel.failed timeout': failed('timeout'),
    'tunnel.failed auth_failed': failed('auth_failed'),
    'tunnel.failed socket_exists': failed('socket_exists'),
    'tunnel.failed forward_forbidden': failed('forward_forbidden'),
    'tunnel.failed host_key_changed': failed('host_key_changed'),
    'tunnel.lost': { type: 'tunnel.lost', message: 'reset', now },
    'close.ordered': { type: 'close.ordered', now },
  },
  nameState: ({ status }) => status,
  nameEffect: (effect) => (effect.type === 'try.later' ? `${effect.type} ${effect.kind}` : effect.type),
};
