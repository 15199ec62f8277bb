// The state machine of one instance in memory: its stored life and its agent's presence. Pure: it stores nothing and sends
// nothing.

import { go, type Step } from '@fairlead/kit';

import { type LifeEffect, type LifeEvent, transition } from './instance-life.ts';
import { type Presence, type PresenceEffect, type PresenceEvent, transitionPresence, withoutLink } from './presence.ts';
import type { Life } from './records.ts';

export interface Held {
  readonly life: Life;
  readonly presence: Presence;
}

export type HeldEvent = LifeEvent | PresenceEvent;
/** `link.fence` and `link.drop` apply to the connection of the state before the step. */
export type HeldEffect = LifeEffect | PresenceEffect;

export type HeldStep = Step<Held, HeldEffect>;

export function transitionHeld({ life, presence }: Held, event: HeldEvent): HeldStep {
  switch (event.type) {
    case 'agent.enrolled':
    case 'instance.reported':
    case 'lease.expired':
    case 'job.observed':
    case 'stop.requested': {
      const step = transition(life, event);
      const isFenced = step.effects.some((effect) => effect.type === 'link.fence');
      return go({ life: step.state, presence: isFenced ? withoutLink(presence) : presence }, ...step.effects);
    }
    case 'link.attached':
    case 'link.heard':
    case 'link.closed':
    case 'load.told':
    case 'endpoints.told':
    case 'agent.refused': {
      const step = transitionPresence(presence, event, life);
      return go({ life, presence: step.state }, ...step.effects);
    }
  }
}
