// An engine with companions, as its leader runs it: companions on every node, a check that they are whole, then the engine on this node.
// Companions that are whole stay when the engine ends, for its next start. States, events, effects, and what moves between them. Pure.

import { go, stay, type Step } from '@fairlead/kit';
import type { EngineFailure } from '@fairlead/engines/failures';
import type { EngineExit } from '../engine/spawn-engine.ts';

export type LeadState =
  /** Nothing of it runs on any node. */
  | { status: 'down' }
  /** The companions are being started. */
  | { status: 'raising' }
  /** They run; the check does. */
  | { status: 'meeting' }
  /** The engine is being started, or runs. */
  | { status: 'driving' }
  /** It ended, or a companion did, without an order. `isWhole`: the companions are there. */
  | { status: 'failed'; isWhole: boolean }
  /** Engine or check are being ended. */
  | { status: 'ending'; isWhole: boolean }
  /** The companions alone run. */
  | { status: 'spare' }
  /** The companions are being ended. */
  | { status: 'lowering' };

export type LeadEvent =
  | { type: 'engine.wanted' }
  | { type: 'companions.started' }
  /** They could not be started, and nothing is left of them. */
  | { type: 'companions.absent' }
  | { type: 'companions.met' }
  /** That of one node ended, or the node is lost, or they did not meet. */
  | { type: 'companion.failed'; failure: EngineFailure }
  | { type: 'engine.exited'; exit: EngineExit }
  | { type: 'engine.unwanted'; limitMs: number }
  | { type: 'engine.gone' }
  | { type: 'companions.gone' }
  /** The agent ends. */
  | { type: 'leave' };

export type LeadEffect =
  | { type: 'companions.start' }
  | { type: 'companions.check' }
  | { type: 'engine.start' }
  | { type: 'engine.end'; limitMs: number }
  | { type: 'companions.end' }
  /** What the supervisor takes for the end of the engine. */
  | { type: 'tell'; exit: EngineExit };

export type LeadStep = Step<LeadState, LeadEffect>;

export function leadTransition(state: LeadState, event: LeadEvent): LeadStep {
  switch (event.type) {
    case 'engine.wanted':
      return want(state);
    case 'companions.started':
      return state.status === 'raising' ? go({ status: 'meeting' }, { type: 'companions.check' }) : stay(state);
    case 'companions.absent':
      return state.status === 'raising' ? go({ status: 'down' }) : stay(state);
    case 'companions.met':
      return state.status === 'meeting' ? go({ status: 'driving' }, { type: 'engine.start' }) : stay(state);
    case 'companion.failed':
      return fail(state, event.failure);
    case 'engine.exited':
      if (state.status !== 'driving' && state.status !== 'meeting') return stay(state);
      return go({ status: 'failed', isWhole: true }, { type: 'tell', exit: event.exit });
    case 'engine.unwanted':
      return unwant(state, event.limitMs);
    case 'engine.gone':
      return gone(state);
    case 'companions.gone':
      return state.status === 'lowering' ? go({ status: 'down' }) : stay(state);
    case 'leave':
      return state.status === 'spare' ? lower() : stay(state);
  }
}

function want(state: LeadState): LeadStep {
  if (state.status === 'down') return go({ status: 'raising' }, { type: 'companions.start' });
  return state.status === 'spare' ? go({ status: 'meeting' }, { type: 'companions.check' }) : stay(state);
}

function lower(): LeadStep {
  return go({ status: 'lowering' }, { type: 'companions.end' });
}

function fail(state: LeadState, failure: EngineFailure): LeadStep {
  switch (state.status) {
    case 'meeting':
    case 'driving':
      return go(
        { status: 'failed', isWhole: false },
        { type: 'tell', exit: { code: null, signal: null, elsewhere: failure } },
      );
    case 'failed':
    case 'ending':
      return state.isWhole ? go({ ...state, isWhole: false }) : stay(state);
    case 'spare':
      return lower();
    case 'down':
    case 'raising':
    case 'lowering':
      return stay(state);
  }
}

/** A start of the companions ends with the signal that wanted it: there is nothing to end here. */
function unwant(state: LeadState, limitMs: number): LeadStep {
  switch (state.status) {
    case 'meeting':
    case 'driving':
      return go({ status: 'ending', isWhole: true }, { type: 'engine.end', limitMs });
    case 'failed':
      return go({ status: 'ending', isWhole: state.isWhole }, { type: 'engine.end', limitMs });
    case 'ending':
      return go(state, { type: 'engine.end', limitMs });
    case 'down':
    case 'raising':
    case 'spare':
    case 'lowering':
      return stay(state);
  }
}

function gone(state: LeadState): LeadStep {
  if (state.status !== 'ending') return stay(state);
  return state.isWhole ? go({ status: 'spare' }) : lower();
}
