// Decides how one SSH connection to the bastion comes up, is lost and comes back. Pure; tunnel.ts performs it.

import { defined, go, stay, type Step } from '@fairlead/kit';

import { decideRetry } from './decide-retry.ts';

export type TunnelState =
  | { status: 'idle'; generation: number }
  | { status: 'connecting'; attempt: number; generation: number; everUp: boolean }
  | { status: 'up'; attempt: number; generation: number; sinceMs: number }
  | { status: 'waiting'; attempt: number; generation: number; everUp: boolean; reason: string }
  | { status: 'hopeless'; reason: string }
  | { status: 'closed' };

export interface TunnelFailure {
  code: string;
  message: string;
  hint?: string;
}

export type TunnelEvent = { now: number } & (
  | { type: 'try.due' }
  | { type: 'tunnel.opened' }
  | ({ type: 'tunnel.failed' } & TunnelFailure)
  | { type: 'tunnel.lost'; message: string }
  | { type: 'close.ordered' }
);

export type TunnelEffect =
  | { type: 'open'; generation: number }
  | { type: 'announce'; generation: number }
  | { type: 'withdraw'; reason: string }
  /** `denied` and `unanswered`: as `decideRetry` says. */
  | { type: 'try.later'; kind: 'backoff' | 'unanswered' | 'denied'; attempt: number }
  | ({ type: 'complain' } & TunnelFailure)
  | ({ type: 'give_up' } & TunnelFailure)
  | { type: 'drop' };

export type TunnelTransition = Step<TunnelState, TunnelEffect>;

/** After a connection that held this long, the back-off starts from its beginning. */
const steadyMs = 10_000;
/** How many taken sockets in a row are skipped without a wait. */
const maxQuickGenerations = 20;

export function tunnelTransition(state: TunnelState, event: TunnelEvent): TunnelTransition {
  if (event.type === 'close.ordered') return close(state);
  switch (state.status) {
    case 'idle':
      return event.type === 'try.due'
        ? connect({ attempt: 0, generation: state.generation, everUp: false })
        : stay(state);
    case 'waiting':
      return event.type === 'try.due' ? connect(state) : stay(state);
    case 'connecting':
      return whileConnecting(state, event);
    case 'up':
      return event.type === 'tunnel.lost' ? lose(state, event) : stay(state);
    case 'hopeless':
    case 'closed':
      return stay(state);
  }
}

function whileConnecting(state: Extract<TunnelState, { status: 'connecting' }>, event: TunnelEvent): TunnelTransition {
  const { attempt, generation, everUp } = state;
  if (event.type === 'tunnel.opened') {
    return go({ status: 'up', attempt, generation, sinceMs: event.now }, { type: 'announce', generation });
  }
  if (event.type !== 'tunnel.failed') return stay(state);
  const failure = failureOf(event);
  const retry = decideRetry(event.code);
  if (retry === 'never' || (retry === 'never_at_first' && !everUp)) {
    return go({ status: 'hopeless', reason: event.message }, { type: 'give_up', ...failure });
  }
  if (retry === 'next_socket' && attempt < maxQuickGenerations) {
    return connect({ attempt: attempt + 1, generation: generation + 1, everUp });
  }
  const kind = retry === 'denied' || retry === 'unanswered' ? retry : 'backoff';
  const next = retry === 'next_socket' || retry === 'never_at_first' ? generation + 1 : generation;
  return go(
    { status: 'waiting', attempt: attempt + 1, generation: next, everUp, reason: event.message },
    { type: 'complain', ...failure },
    { type: 'try.later', kind, attempt },
  );
}

function lose(
  state: Extract<TunnelState, { status: 'up' }>,
  event: Extract<TunnelEvent, { type: 'tunnel.lost' }>,
): TunnelTransition {
  const attempt = event.now - state.sinceMs >= steadyMs ? 0 : state.attempt + 1;
  return go(
    { status: 'waiting', attempt, generation: state.generation + 1, everUp: true, reason: event.message },
    { type: 'withdraw', reason: event.message },
    { type: 'try.later', kind: 'backoff', attempt },
  );
}

function connect(from: { attempt: number; generation: number; everUp: boolean }): TunnelTransition {
  const { attempt, generation, everUp } = from;
  return go({ status: 'connecting', attempt, generation, everUp }, { type: 'open', generation });
}

function close(state: TunnelState): TunnelTransition {
  if (state.status === 'closed') return stay(state);
  const wasUp = state.status === 'up';
  return go({ status: 'closed' }, ...(wasUp ? ([{ type: 'withdraw', reason: 'closed' }] as const) : []), {
    type: 'drop',
  });
}

function failureOf({ code, message, hint }: TunnelFailure): TunnelFailure {
  return { code, message, ...defined({ hint }) };
}
