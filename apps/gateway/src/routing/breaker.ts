// Whether an instance gets requests, by how its last ones ended. Failures of the instance alone count: never what a client did. Pure.

import { go, stay, type Step } from '@fairlead/kit';

export type BreakerState =
  | { status: 'closed'; failures: number }
  /** Gets none before `untilMs`. `opened`: how often in a row it has opened. */
  | { status: 'open'; untilMs: number; opened: number; reason: string }
  /** One request tries it. */
  | { status: 'probing'; opened: number; reason: string };

export type BreakerInput =
  | { type: 'request.succeeded' }
  | { type: 'request.failed'; reason: string; nowMs: number }
  /** It ended without a word on the instance: its client left, its key was revoked, or it was its own fault. */
  | { type: 'request.dropped'; nowMs: number }
  | { type: 'request.sent'; nowMs: number };

export type BreakerEffect = { do: 'tell'; state: 'open' | 'closed'; reason: string };

export const freshBreaker: BreakerState = { status: 'closed', failures: 0 };

const maxFailures = 3;
const firstPauseMs = 2_000;
const maxPauseMs = 30_000;

/** Times are of a clock that never goes back. */
export function stepBreaker(state: BreakerState, input: BreakerInput): Step<BreakerState, BreakerEffect> {
  switch (state.status) {
    case 'closed':
      return stepClosed(state, input);
    case 'open':
      return stepOpen(state, input);
    case 'probing':
      return stepProbing(state, input);
  }
}

/** Whether it may get the next request. */
export function isOpenTo(state: BreakerState, nowMs: number): boolean {
  return state.status === 'closed' || (state.status === 'open' && nowMs >= state.untilMs);
}

function stepClosed(
  state: BreakerState & { status: 'closed' },
  input: BreakerInput,
): Step<BreakerState, BreakerEffect> {
  switch (input.type) {
    case 'request.succeeded':
      return state.failures === 0 ? stay(state) : go(freshBreaker);
    case 'request.failed':
      return state.failures + 1 < maxFailures ? go({ ...state, failures: state.failures + 1 }) : open(1, input);
    case 'request.dropped':
    case 'request.sent':
      return stay(state);
  }
}

function stepOpen(state: BreakerState & { status: 'open' }, input: BreakerInput): Step<BreakerState, BreakerEffect> {
  switch (input.type) {
    // Sent before it opened, or because all instances are out.
    case 'request.succeeded':
      return close(state.reason);
    case 'request.sent':
      if (input.nowMs < state.untilMs) return stay(state);
      return go({ status: 'probing', opened: state.opened, reason: state.reason });
    case 'request.failed':
    case 'request.dropped':
      return stay(state);
  }
}

function stepProbing(
  state: BreakerState & { status: 'probing' },
  input: BreakerInput,
): Step<BreakerState, BreakerEffect> {
  switch (input.type) {
    case 'request.succeeded':
      return close(state.reason);
    case 'request.failed':
      return open(state.opened + 1, input);
    // The probe has told nothing: the next request is one.
    case 'request.dropped':
      return go({ status: 'open', untilMs: input.nowMs, opened: state.opened, reason: state.reason });
    case 'request.sent':
      return stay(state);
  }
}

function open(opened: number, { reason, nowMs }: { reason: string; nowMs: number }): Step<BreakerState, BreakerEffect> {
  const untilMs = nowMs + Math.min(maxPauseMs, firstPauseMs * 2 ** (opened - 1));
  return go({ status: 'open', untilMs, opened, reason }, { do: 'tell', state: 'open', reason });
}

function close(reason: string): Step<BreakerState, BreakerEffect> {
  return go(freshBreaker, { do: 'tell', state: 'closed', reason });
}
