// The states and events of an agent's presence beside a ready instance, one example of each, for its table.

import { type Machine, nameWith, Secret } from '@fairlead/kit';

import {
  type HeldLink,
  type Presence,
  type PresenceEffect,
  type PresenceEvent,
  transitionPresence,
} from './presence.ts';
import type { Life } from './records.ts';

const agent = { processId: 'p1', restart: 0, hostname: 'node1' };
const ready: Life = { phase: 'attended', agent, state: { status: 'ready' }, generation: 1, retired: 0 };

const [first, second] = [linkAt(1), linkAt(2)];
const known = { apiKey: new Secret('k'), agent: { version: '1.0.0', protocol: 2 } };
const minuteMs = 60_000;

/** Transitions only compare connections. */
function linkAt(generation: number): HeldLink {
  return { generation, give() {}, fence() {}, drop() {} };
}

/** For the test, and for docs/state-machines.md. */
export const presenceMachine: Machine<Presence, PresenceEvent, PresenceEffect> = {
  step: (presence, event) => transitionPresence(presence, event, ready),
  states: {
    unseen: {},
    'on link 1': { ...known, link: first },
    gone: known,
    'unseen (refused before)': { refusedMs: 0 },
  },
  events: {
    'link 1 proves itself': { type: 'link.attached', link: first, ...known },
    'link 2 proves itself': { type: 'link.attached', link: second, ...known },
    'a frame of link 1': { type: 'link.heard', link: first },
    'a frame of link 2': { type: 'link.heard', link: second },
    'link 1 closes': { type: 'link.closed', link: first },
    'link 2 closes': { type: 'link.closed', link: second },
    'its load': { type: 'load.told', load: { inFlight: 1 } },
    'its other endpoints': { type: 'endpoints.told', endpoints: [] },
    'another agent is fenced': { type: 'agent.refused', code: 'fenced', message: 'no', nowMs: minuteMs },
    'another agent is fenced ten minutes later': {
      type: 'agent.refused',
      code: 'fenced',
      message: 'no',
      nowMs: 11 * minuteMs,
    },
    'too many connections': { type: 'agent.refused', code: 'too_many', message: 'no', nowMs: 11 * minuteMs },
  },
  nameState: ({ link, apiKey, load, endpoints, refusedMs }) =>
    nameWith(
      link ? `on link ${link.generation}` : apiKey ? 'gone' : 'unseen',
      load && 'load known',
      endpoints && 'endpoints known',
      refusedMs !== undefined && 'refused before',
    ),
  nameEffect: (effect) => (effect.type === 'history.add' ? `note ${effect.kind}` : effect.type),
};
