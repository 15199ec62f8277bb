// The state machine of one agent's socket file: queued, dialled, proven, dialled again after a wait, forgotten. Does not order
// the dials: dial-order.ts does. Pure; dialler.ts performs the effects.

import { go, stay, type Step } from '@fairlead/kit';

import type { SocketDecision } from '../domain/decide-socket.ts';

/** Failed dials since an agent last proved itself at this socket. */
export interface Failing {
  times: number;
  sinceMs: number;
}

export type DialState =
  | { status: 'idle' | 'queued' | 'dialling' | 'waiting'; failing?: Failing }
  /** An agent has proved itself over the connection, which is open. */
  | { status: 'proven' }
  /** The file is gone or was given up. */
  | { status: 'forgotten' };

export type DialEvent =
  | { type: 'file.reviewed'; decision: SocketDecision }
  | { type: 'file.gone' }
  /** The instance has more sockets than it may have. */
  | { type: 'file.surplus' }
  | { type: 'dial.begun' }
  | { type: 'agent.proved' }
  /** `isMissing`: the connection failed because the file did not exist. */
  | { type: 'connection.closed'; nowMs: number; isMissing: boolean }
  | { type: 'redial.due' };

export type DialEffect =
  | { type: 'queue' }
  | { type: 'connect' }
  | { type: 'park' }
  | { type: 'unlink' }
  | { type: 'forget' }
  /** Another socket of the instance may be dialled. */
  | { type: 'place.free' }
  /** Answered by `redial.due` after a wait that grows with `failures`. */
  | { type: 'redial.later'; failures: number }
  | { type: 'review' };

type DialStep = Step<DialState, DialEffect>;

export function dialTransition(state: DialState, event: DialEvent): DialStep {
  if (state.status === 'forgotten') return whenForgotten(state, event);
  switch (event.type) {
    case 'file.reviewed':
      return review(state, event.decision);
    case 'file.gone':
      return go({ status: 'forgotten' }, { type: 'forget' });
    case 'file.surplus':
      return go({ status: 'forgotten' }, { type: 'forget' }, { type: 'unlink' });
    case 'dial.begun':
      return state.status === 'queued' ? go({ ...state, status: 'dialling' }, { type: 'connect' }) : stay(state);
    case 'agent.proved':
      return state.status === 'dialling' ? go({ status: 'proven' }, { type: 'place.free' }) : stay(state);
    case 'connection.closed':
      return close(state, event);
    case 'redial.due':
      return state.status === 'waiting' ? go({ ...state, status: 'idle' }, { type: 'review' }) : stay(state);
  }
}

export function failingOf(state: DialState): Failing | undefined {
  return 'failing' in state ? state.failing : undefined;
}

/** Only the file is gone: a connection that was made through it stays open. */
function whenForgotten(state: DialState, { type }: DialEvent): DialStep {
  return type === 'agent.proved' || type === 'connection.closed' ? go(state, { type: 'place.free' }) : stay(state);
}

function review(state: DialState, decision: SocketDecision): DialStep {
  switch (decision) {
    case 'keep':
      return stay(state);
    case 'dial':
      return state.status === 'idle' ? go({ ...state, status: 'queued' }, { type: 'queue' }) : stay(state);
    case 'park':
      return go({ status: 'forgotten' }, { type: 'forget' }, { type: 'park' });
    case 'unlink':
      return go({ status: 'forgotten' }, { type: 'forget' }, { type: 'unlink' });
  }
}

function close(state: DialState, { nowMs, isMissing }: Extract<DialEvent, { type: 'connection.closed' }>): DialStep {
  if (state.status !== 'dialling' && state.status !== 'proven') return stay(state);
  const before = failingOf(state);
  const failing =
    state.status === 'proven' ? undefined : { times: (before?.times ?? 0) + 1, sinceMs: before?.sinceMs ?? nowMs };
  const free = state.status === 'dialling' ? [{ type: 'place.free' } as const] : [];
  if (isMissing) return go({ status: 'forgotten' }, { type: 'forget' }, ...free);
  const next: DialState = { status: 'waiting', ...(failing && { failing }) };
  return go(next, { type: 'redial.later', failures: failing?.times ?? 0 }, ...free);
}
