// Decides which of the connections on which control dials this agent is used, and with which token the agent answers the
// next one. Pure; control-link.ts performs it.

import { go, type Secret, stay, type Step } from '@fairlead/kit';

/** The token that proves this agent to control: its own one, once control has given it. */
export type LinkToken = { kind: 'enrolment' } | { kind: 'instance'; token: Secret };

interface Common {
  /** Connections over which control has not proved itself yet. */
  unproven: number;
  token: LinkToken;
}

/** `connection`: the one that is used. */
export type LinkState =
  | ({ status: 'away' } & Common)
  | ({ status: 'linked'; connection: number } & Common)
  /** The agent says good-bye, and takes no further connection. */
  | ({ status: 'leaving'; connection: number | undefined } & Common)
  | { status: 'closed' };

export type LinkEvent =
  | { type: 'connection.arrived'; connection: number }
  /** Control did not prove itself, refused this agent or hung up before its welcome. */
  | { type: 'connection.failed'; connection: number }
  | { type: 'connection.welcomed'; connection: number; token: Secret; heartbeatMs: number; controlVersion: string }
  | { type: 'connection.ended'; connection: number; why: string }
  | { type: 'agent.refused'; code: string; message: string }
  | { type: 'farewell.begun' }
  | { type: 'close.ordered' };

export type LinkEffect =
  | { type: 'turn_away'; connection: number }
  | { type: 'prove'; connection: number; token: LinkToken }
  | { type: 'drop'; connection: number }
  /** Report everything over it, then heartbeats, then the events that wait. */
  | { type: 'begin'; connection: number; heartbeatMs: number }
  | { type: 'tell.linked'; why: string }
  | { type: 'tell.away'; why: string }
  | { type: 'tell.fenced'; message: string };

type LinkStep = Step<LinkState, LinkEffect>;
type Open = Exclude<LinkState, { status: 'closed' }>;

/** More connections that have not proved themselves are turned away. */
const maxUnproven = 4;

export const firstLinkState: LinkState = { status: 'away', unproven: 0, token: { kind: 'enrolment' } };

export function linkTransition(state: LinkState, event: LinkEvent): LinkStep {
  if (state.status === 'closed') return whenClosed(state, event);
  switch (event.type) {
    case 'connection.arrived':
      return arrive(state, event.connection);
    case 'connection.failed':
      return go({ ...state, unproven: state.unproven - 1 });
    case 'connection.welcomed':
      return welcome({ ...state, unproven: state.unproven - 1 }, event);
    case 'connection.ended':
      return lose(state, event);
    case 'agent.refused':
      return refuse(state, event);
    case 'farewell.begun':
      return go({ ...state, status: 'leaving', connection: usedConnection(state) });
    case 'close.ordered': {
      const connection = usedConnection(state);
      return go({ status: 'closed' }, ...(connection === undefined ? [] : [{ type: 'drop', connection } as const]));
    }
  }
}

/** The connection that is used, if any. */
export function usedConnection(state: LinkState): number | undefined {
  return 'connection' in state ? state.connection : undefined;
}

function whenClosed(state: LinkState, event: LinkEvent): LinkStep {
  if (event.type === 'connection.arrived') return go(state, { type: 'turn_away', connection: event.connection });
  if (event.type === 'connection.welcomed') return go(state, { type: 'drop', connection: event.connection });
  return stay(state);
}

function arrive(state: Open, connection: number): LinkStep {
  const isFull = state.unproven >= maxUnproven;
  if (state.status === 'leaving' || isFull) return go(state, { type: 'turn_away', connection });
  return go({ ...state, unproven: state.unproven + 1 }, { type: 'prove', connection, token: state.token });
}

/** The newer of two connections that both proved themselves is the one that control uses. */
function welcome(state: Open, event: Extract<LinkEvent, { type: 'connection.welcomed' }>): LinkStep {
  const { connection, heartbeatMs } = event;
  if (state.status === 'leaving') return go(state, { type: 'drop', connection });
  const { unproven } = state;
  const before = usedConnection(state);
  return go(
    { status: 'linked', connection, unproven, token: { kind: 'instance', token: event.token } },
    ...(before === undefined ? [] : [{ type: 'drop', connection: before } as const]),
    { type: 'tell.linked', why: `control ${event.controlVersion}` },
    { type: 'begin', connection, heartbeatMs },
  );
}

function lose(state: Open, { connection, why }: Extract<LinkEvent, { type: 'connection.ended' }>): LinkStep {
  if (usedConnection(state) !== connection) return stay(state);
  const { unproven, token } = state;
  const next: LinkState =
    state.status === 'leaving'
      ? { status: 'leaving', connection: undefined, unproven, token }
      : { status: 'away', unproven, token };
  return go(next, { type: 'tell.away', why });
}

function refuse(state: Open, { code, message }: Extract<LinkEvent, { type: 'agent.refused' }>): LinkStep {
  if (code === 'fenced') return go(state, { type: 'tell.fenced', message });
  // A control that was set up anew does not know the token it gave out before.
  return code === 'unauthorized' ? go({ ...state, token: { kind: 'enrolment' } }) : stay(state);
}
