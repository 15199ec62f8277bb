// What control holds of an instance's agent in memory only: its connection, its key, its load. Pure.

import { go, stay, type Step } from '@fairlead/kit';
import {
  type AgentHello,
  type EndToEnd,
  type EndpointRef,
  type InstanceView,
  isEnded,
  type Load,
  type StopMode,
} from '@fairlead/protocol';

import type { LifeEffect } from './instance-life.ts';
import type { Life } from './records.ts';

/** A connection to an instance's agent. Transitions only compare connections; the registry calls their methods. */
export interface HeldLink {
  /** Generation of the control socket at which control dialled the agent. */
  readonly generation: number;
  give(mode: StopMode): void;
  /** Tells the agent that another one replaces it, and closes. */
  fence(): void;
  drop(): void;
}

export interface Presence {
  /** The connection over which the agent speaks now. */
  readonly link?: HeldLink;
  readonly apiKey?: AgentHello['apiKey'];
  /** As that agent told. */
  readonly endToEnd?: EndToEnd | undefined;
  readonly load?: Load;
  /** Where it answers by other carriers than the bastion's sockets, as its agent told last. */
  readonly endpoints?: readonly EndpointRef[];
  /** The agent that speaks for the instance, since control's start. */
  readonly agent?: NonNullable<InstanceView['agent']>;
  /** When a refusal was last put into the history; monotonic. */
  readonly refusedMs?: number;
}

export type PresenceEvent =
  /** An agent has proved itself on this connection. */
  | {
      type: 'link.attached';
      link: HeldLink;
      apiKey: AgentHello['apiKey'];
      agent: NonNullable<InstanceView['agent']>;
      endToEnd?: EndToEnd | undefined;
    }
  /** A frame arrived over this connection. */
  | { type: 'link.heard'; link: HeldLink }
  | { type: 'link.closed'; link: HeldLink }
  | { type: 'load.told'; load: Load }
  | { type: 'endpoints.told'; endpoints: readonly EndpointRef[] }
  /** An agent was refused at this instance's socket; `nowMs` is monotonic. */
  | { type: 'agent.refused'; code: string; message: string; nowMs: number };

export type PresenceEffect = Extract<LifeEffect, { type: 'history.add' | 'link.drop' }> | { type: 'lease.renew' };

/** Returns the same state object if nothing changed. */
export type PresenceStep = Step<Presence, PresenceEffect>;

/** Minimum time between two refusals of one instance in the history: a refused agent tries again and again. */
const refusalIntervalMs = 600_000;

export function transitionPresence(presence: Presence, event: PresenceEvent, life: Life): PresenceStep {
  switch (event.type) {
    case 'link.attached': {
      const { link, apiKey, agent, endToEnd } = event;
      const replaced: PresenceEffect[] = presence.link ? [{ type: 'link.drop' }] : [];
      return go({ ...presence, link, apiKey, agent, endToEnd }, ...replaced, ...renewal(life));
    }
    case 'link.heard':
      // A connection that another one has replaced no longer speaks for the instance.
      return go(presence, ...(presence.link === event.link ? renewal(life) : []));
    case 'link.closed':
      return presence.link === event.link ? go(withoutLink(presence)) : stay(presence);
    case 'load.told':
      return go({ ...presence, load: event.load });
    case 'endpoints.told':
      return go({ ...presence, endpoints: event.endpoints });
    case 'agent.refused':
      return refuse(presence, event);
  }
}

export function withoutLink(presence: Presence): Presence {
  const { link: _link, ...rest } = presence;
  return rest;
}

/** An instance that its agent has declared ended has no lease. */
function renewal(life: Life): PresenceEffect[] {
  return life.phase === 'attended' && !isEnded(life.state) ? [{ type: 'lease.renew' }] : [];
}

function refuse(presence: Presence, event: Extract<PresenceEvent, { type: 'agent.refused' }>): PresenceStep {
  const { code, message, nowMs } = event;
  const isRecent = presence.refusedMs !== undefined && nowMs - presence.refusedMs < refusalIntervalMs;
  if (code === 'too_many' || isRecent) return stay(presence);
  const text = `An agent was refused (${code}): ${message}.`;
  return go({ ...presence, refusedMs: nowMs }, { type: 'history.add', kind: 'agent.refused', message: text });
}
