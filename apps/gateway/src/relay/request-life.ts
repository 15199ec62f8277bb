// The life of one request in the gateway, as a table: what each event means in each phase. No bytes pass through here.

import { go, stay, type Step } from '@fairlead/kit';
import { type Refusal, refuse } from '@fairlead/openai-wire';

export type RequestState =
  /** The head is there; its key is not checked. */
  | { phase: 'received' }
  /** The key is good; the body is read. */
  | { phase: 'authenticated' }
  /** The body is there and its tokens are reserved: it waits until an instance has room. */
  | { phase: 'queued' }
  /** Its turn has come: an instance is chosen. `tries`: how many have failed this request. */
  | { phase: 'admitted'; tries: number }
  /** Routed to an instance, which is dialled. */
  | { phase: 'connecting'; tries: number }
  /** The instance has the request. Nothing of its answer has gone to the client. */
  | { phase: 'waiting'; tries: number }
  /** The client has the head and a first piece of the body. */
  | { phase: 'streaming' }
  | { phase: 'settled'; outcome: GatewayOutcome };

/** `upstream_failed`: the instance, or the way to it. `revoked`: the key was revoked or has expired. `cut`: the gateway was stopped. */
export type GatewayOutcome =
  | 'completed'
  | 'refused'
  | 'client_left'
  | 'upstream_failed'
  | 'timed_out'
  | 'revoked'
  | 'cut';

/** What is wrong, for the client. */
export type Problem = Refusal;

export type RequestInput =
  | { type: 'key.accepted' }
  /** By the head, the key, the body, a limit, or because no instance is there. */
  | { type: 'request.refused'; refusal: Refusal }
  | { type: 'budget.reserved' }
  | { type: 'turn.come' }
  | { type: 'offer.picked' }
  | { type: 'upstream.connected' }
  /** Also: it answered 502, 503 or 504. `mayRetry`: another try is within the budget of retries. */
  | { type: 'upstream.failed'; problem: Problem; mayRetry: boolean }
  | { type: 'answer.begun' }
  /** All of the answer has come. */
  | { type: 'answer.ended' }
  | { type: 'time.over'; problem: Problem }
  | { type: 'client.left' }
  | { type: 'key.ended'; problem: Problem }
  | { type: 'gateway.stopped' };

export type RequestEffect =
  | { do: 'readBody' }
  | { do: 'queue' }
  | { do: 'pick' }
  | { do: 'pickLater' }
  | { do: 'dial' }
  | { do: 'dropUpstream' }
  /** The whole answer is an error. */
  | { do: 'answer'; problem: Problem }
  /** An error event where the answer is a stream of events; then the connection is destroyed. */
  | { do: 'breakOff'; problem: Problem }
  /** The last bytes of the answer; the connection may serve the next request. */
  | { do: 'finish' }
  | { do: 'dropClient' };

export type RequestStep = Step<RequestState, RequestEffect>;

/** Instances that a request may be sent to, the first included. */
const maxTries = 3;

/** Whether a failure may lead to another try: only then is the budget of retries asked. */
export function isRetryable(state: RequestState): boolean {
  return (state.phase === 'connecting' || state.phase === 'waiting') && state.tries + 1 < maxTries;
}

const stopped = refuse('draining', 'The gateway is being stopped. Send the request again.', 2);

export function stepRequest(state: RequestState, input: RequestInput): RequestStep {
  if (state.phase === 'settled') return stay(state);
  switch (input.type) {
    case 'client.left':
      return settle('client_left', { do: 'dropUpstream' }, { do: 'dropClient' });
    case 'request.refused':
      return isWithGateway(state) ? refused(input.refusal) : stay(state);
    case 'key.ended':
      return end(state, 'revoked', input.problem);
    case 'time.over':
      return end(state, 'timed_out', input.problem);
    case 'gateway.stopped':
      return end(state, 'cut', stopped);
    case 'upstream.failed':
      return stepFailure(state, input);
    case 'key.accepted':
      return state.phase === 'received' ? go({ phase: 'authenticated' }, { do: 'readBody' }) : stay(state);
    case 'budget.reserved':
      return state.phase === 'authenticated' ? go({ phase: 'queued' }, { do: 'queue' }) : stay(state);
    case 'turn.come':
      return state.phase === 'queued' ? go({ phase: 'admitted', tries: 0 }, { do: 'pick' }) : stay(state);
    case 'offer.picked':
      return state.phase === 'admitted' ? go({ phase: 'connecting', tries: state.tries }, { do: 'dial' }) : stay(state);
    case 'upstream.connected':
      return state.phase === 'connecting' ? go({ phase: 'waiting', tries: state.tries }) : stay(state);
    case 'answer.begun':
      return state.phase === 'waiting' ? go({ phase: 'streaming' }) : stay(state);
    case 'answer.ended':
      return state.phase === 'streaming' ? settle('completed', { do: 'finish' }) : stay(state);
  }
}

type LiveState = Exclude<RequestState, { phase: 'settled' }>;

function isWithGateway({ phase }: LiveState): boolean {
  return phase === 'received' || phase === 'authenticated' || phase === 'queued' || phase === 'admitted';
}

function stepFailure(state: LiveState, { problem, mayRetry }: RequestInput & { type: 'upstream.failed' }): RequestStep {
  if (state.phase !== 'connecting' && state.phase !== 'waiting')
    return state.phase === 'streaming' ? end(state, 'upstream_failed', problem) : stay(state);
  const tries = state.tries + 1;
  if (!mayRetry || tries >= maxTries) return end(state, 'upstream_failed', problem);
  return go({ phase: 'admitted', tries }, { do: 'dropUpstream' }, { do: 'pickLater' });
}

/** Before the first byte the client gets a whole answer that says why; after it a stream that it cannot take for complete. */
function end(state: LiveState, outcome: GatewayOutcome, problem: Problem): RequestStep {
  const last: RequestEffect = state.phase === 'streaming' ? { do: 'breakOff', problem } : { do: 'answer', problem };
  return settle(outcome, { do: 'dropUpstream' }, last);
}

function refused(problem: Problem): RequestStep {
  return settle('refused', { do: 'answer', problem });
}

function settle(outcome: GatewayOutcome, ...effects: RequestEffect[]): RequestStep {
  return go({ phase: 'settled', outcome }, ...effects);
}
