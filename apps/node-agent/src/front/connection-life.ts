// The life of one connection at the front, as a table: what each event means in each state. No bytes pass through here.

import { go, stay, type Step } from '@fairlead/kit';
import { type Refusal, refuse } from '@fairlead/openai-wire';

export type ConnectionState =
  /** The head is not complete. */
  | { phase: 'reading' }
  /** The engine has the request. `answered`: its first bytes came. `uploading`: the body is not complete. */
  | { phase: 'relaying'; answered: boolean; uploading: boolean }
  /** The last bytes for the client are written; it is read on (and thrown away) so that a reset cannot overtake them. */
  | { phase: 'finishing'; outcome: RequestOutcome; delivered: boolean; clientEnded: boolean }
  /** Both sides are gone. */
  | { phase: 'closed'; outcome: RequestOutcome };

/** `refused` before the engine had it; `engine_failed` also when it hung up without a word. */
export type RequestOutcome = 'completed' | 'refused' | 'client_left' | 'engine_failed' | 'cut';

export type ConnectionInput =
  | { type: 'head.admitted'; uploading: boolean }
  /** The head, or later the body, cannot be accepted. */
  | { type: 'request.refused'; refusal: Refusal }
  | { type: 'head.late'; started: boolean }
  | { type: 'body.ended' }
  | { type: 'body.stalled' }
  /** The engine has taken nothing of the body for too long. */
  | { type: 'upload.stalled' }
  | { type: 'engine.answered' }
  | { type: 'engine.ended' }
  /** Also: it closed without having ended, or could not be reached. */
  | { type: 'engine.failed' }
  | { type: 'client.ended' }
  /** Also: it closed, with or without an end. */
  | { type: 'client.failed' }
  | { type: 'client.delivered' }
  | { type: 'linger.passed' }
  | { type: 'front.cut' };

export type ConnectionEffect =
  | { do: 'dropEngine' }
  | { do: 'dropClient' }
  | { do: 'answer'; refusal: Refusal }
  /** Ends our side; `client.delivered` follows when everything is out. */
  | { do: 'endClient' };

export type ConnectionStep = Step<ConnectionState, ConnectionEffect>;

const stalled = refuse('bad_request', 'The request body stopped arriving. Send it again.');
const late = refuse('bad_request', 'The request head did not arrive in time. Send it again.');
const engineStuck = refuse(
  'engine_unavailable',
  'The engine has stopped taking the body of this request. Try again; `fairlead status` says whether the engine hangs.',
  5,
);
const engineGone = refuse(
  'engine_unavailable',
  'The engine did not answer. Try again; `fairlead logs --source engine` says what happened.',
  5,
);

export function stepConnection(state: ConnectionState, event: ConnectionInput): ConnectionStep {
  switch (state.phase) {
    case 'reading':
      return stepReading(state, event);
    case 'relaying':
      return stepRelaying(state, event);
    case 'finishing':
      return stepFinishing(state, event);
    case 'closed':
      return stay(state);
  }
}

function stepReading(state: ConnectionState, event: ConnectionInput): ConnectionStep {
  switch (event.type) {
    case 'head.admitted':
      return go({ phase: 'relaying', answered: false, uploading: event.uploading });
    case 'request.refused':
      return answer('refused', event.refusal);
    case 'head.late':
      return event.started ? answer('refused', late) : close('client_left');
    case 'client.ended':
    case 'client.failed':
      return close('client_left');
    case 'front.cut':
      return close('cut');
    case 'body.ended':
    case 'body.stalled':
    case 'upload.stalled':
    case 'client.delivered':
    case 'engine.answered':
    case 'engine.ended':
    case 'engine.failed':
    case 'linger.passed':
      return stay(state);
  }
}

function stepRelaying(state: ConnectionState & { phase: 'relaying' }, event: ConnectionInput): ConnectionStep {
  switch (event.type) {
    case 'body.ended':
      return go({ ...state, uploading: false });
    case 'engine.answered':
      return go({ ...state, answered: true });
    case 'request.refused':
      return state.answered ? close('refused') : answer('refused', event.refusal);
    case 'body.stalled':
      if (!state.uploading) return stay(state);
      return state.answered ? close('client_left') : answer('client_left', stalled);
    case 'upload.stalled':
      if (!state.uploading) return stay(state);
      return state.answered ? close('engine_failed') : answer('engine_failed', engineStuck);
    case 'engine.ended':
      return state.answered ? finish('completed') : answer('engine_failed', engineGone);
    case 'engine.failed':
      if (!state.answered) return answer('engine_failed', engineGone);
      // The engine answered early and closed before the upload was complete: its answer is whole, or its framing shows that it is not.
      return state.uploading ? finish('engine_failed') : close('engine_failed');
    // HTTP clients that are done waiting close, and a tunnel passes a close on as an end: an end is taken for leaving.
    case 'client.ended':
    case 'client.failed':
      return close('client_left');
    case 'front.cut':
      return close('cut');
    case 'client.delivered':
    case 'head.admitted':
    case 'head.late':
    case 'linger.passed':
      return stay(state);
  }
}

function stepFinishing(state: ConnectionState & { phase: 'finishing' }, event: ConnectionInput): ConnectionStep {
  switch (event.type) {
    case 'client.delivered':
      return state.clientEnded ? close(state.outcome) : go({ ...state, delivered: true });
    case 'client.ended':
      return state.delivered ? close(state.outcome) : go({ ...state, clientEnded: true });
    case 'client.failed':
    case 'linger.passed':
    case 'front.cut':
      return close(state.outcome);
    case 'body.ended':
    case 'body.stalled':
    case 'upload.stalled':
    case 'engine.answered':
    case 'engine.ended':
    case 'engine.failed':
    case 'head.admitted':
    case 'head.late':
    case 'request.refused':
      return stay(state);
  }
}

function answer(outcome: RequestOutcome, refusal: Refusal): ConnectionStep {
  return go(
    { phase: 'finishing', outcome, delivered: false, clientEnded: false },
    { do: 'dropEngine' },
    { do: 'answer', refusal },
    { do: 'endClient' },
  );
}

function finish(outcome: RequestOutcome): ConnectionStep {
  return go(
    { phase: 'finishing', outcome, delivered: false, clientEnded: false },
    { do: 'dropEngine' },
    { do: 'endClient' },
  );
}

/** Without an end: a client must be able to tell this from a complete response. */
function close(outcome: RequestOutcome): ConnectionStep {
  return go({ phase: 'closed', outcome }, { do: 'dropEngine' }, { do: 'dropClient' });
}
