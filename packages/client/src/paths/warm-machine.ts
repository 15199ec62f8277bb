// Decides how many paths are held ready: as many as requests took within the last second. Pure; warm-paths.ts performs it.

import { go, stay, type Step } from '@fairlead/kit';

export type WarmState =
  | {
      status: 'open';
      /** Paths that are held ready. */
      ready: number;
      opening: number;
      /** Times at which the last paths were asked for. */
      askedMs: readonly number[];
    }
  | { status: 'closed' };

export type WarmEvent =
  | { type: 'path.asked'; nowMs: number }
  /** The request that asked has been sent. */
  | { type: 'refill.due' }
  | { type: 'path.opened' }
  | { type: 'path.failed' }
  /** One that was ready was taken, or has closed. */
  | { type: 'path.gone' }
  | { type: 'idle.limit_reached' }
  | { type: 'close.ordered' };

export type WarmEffect =
  | { type: 'open'; count: number }
  /** Hold the path that was just opened. */
  | { type: 'hold' }
  /** Close the path that was just opened. */
  | { type: 'discard' }
  /** Close all that are ready. */
  | { type: 'drop' }
  /** Answered by `idle.limit_reached` when no path is asked for until then. */
  | { type: 'idle.await' };

type WarmStep = Step<WarmState, WarmEffect>;

/** Each takes a channel of the SSH connection and a socket on the bastion, of which both have few. */
const maxReady = 8;
const demandWindowMs = 1_000;

export const firstWarmState: WarmState = { status: 'open', ready: 0, opening: 0, askedMs: [] };

export function warmTransition(state: WarmState, event: WarmEvent): WarmStep {
  if (state.status === 'closed') return event.type === 'path.opened' ? go(state, { type: 'discard' }) : stay(state);
  const { ready, opening } = state;
  switch (event.type) {
    case 'path.asked': {
      const recent = state.askedMs.filter((askedMs) => event.nowMs - askedMs <= demandWindowMs);
      return go({ ...state, askedMs: [...recent, event.nowMs].slice(-maxReady) }, { type: 'idle.await' });
    }
    case 'refill.due':
      return refill(state);
    case 'path.opened':
      return go({ ...state, opening: opening - 1, ready: ready + 1 }, { type: 'hold' });
    case 'path.failed':
      return go({ ...state, opening: opening - 1 });
    case 'path.gone':
      return go({ ...state, ready: ready - 1 });
    case 'idle.limit_reached':
      return go({ ...state, ready: 0, askedMs: [] }, { type: 'drop' });
    case 'close.ordered':
      return go({ status: 'closed' }, { type: 'drop' });
  }
}

/** Opens them together when half are gone: one packet then carries several openings, and most requests share the line with none. */
function refill(state: Extract<WarmState, { status: 'open' }>): WarmStep {
  const wanted = state.askedMs.length;
  const held = state.ready + state.opening;
  if (held > wanted / 2 || held >= wanted) return stay(state);
  const count = wanted - held;
  return go({ ...state, opening: state.opening + count }, { type: 'open', count });
}
