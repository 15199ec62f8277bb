// What an error answer of the deployment means: the engine's and the front's bodies → one coded error, worded for its reader.

import { CodedError } from '@fairlead/kit';
import { type ErrorContent, readErrorBody, readErrorEvent } from '@fairlead/openai-wire';

export const engineErrors = {
  key_refused: {
    retryable: false,
    cause: "The key is not this deployment's.",
    cure: 'Use `connection.apiKey`: every deployment has a key of its own, and a new one when it is deployed again.',
  },
  model_unknown: {
    retryable: false,
    cause: 'The deployment does not serve a model of that name.',
    cure: 'Leave `model` out, or take a name from `connection.models()`.',
  },
  route_unknown: {
    retryable: false,
    cause: 'The engine has no such route, or the front does not let it through.',
    cure: 'Use the OpenAI-compatible routes below /v1; embeddings need a model that makes them.',
  },
  prompt_too_long: {
    retryable: false,
    cause: "The prompt, or the prompt and `max_tokens`, are longer than the model's context.",
    cure: 'Shorten it; `connection.models()` tells `max_model_len`.',
  },
  request_too_large: { retryable: false, cause: 'The body of the request is too large.', cure: 'Send less at once.' },
  request_invalid: {
    retryable: false,
    cause: 'A field of the request is missing or wrong; `param` names it where the engine does.',
    cure: 'Correct the field.',
  },
  engine_busy: { retryable: true, cause: 'Too many requests at once.', cure: 'Try again after `retryAfterMs`.' },
  engine_unavailable: {
    retryable: true,
    cause: 'The instance drains, starts, or its engine does not answer.',
    cure: 'Try again after `retryAfterMs`; `fairlead status` says what is going on.',
  },
  engine_failed: {
    retryable: true,
    cause: 'The engine failed while it worked on the request.',
    cure: 'Try again; `fairlead logs --source engine` says what happened.',
  },
} as const satisfies Record<string, { retryable: boolean; cause: string; cure: string }>;

export type EngineErrorCode = keyof typeof engineErrors;

/** An error answer of the deployment, or an error event in the middle of a stream (then `status` is what the event says). */
export class EngineError extends CodedError<EngineErrorCode> {
  /** HTTP status. */
  readonly status: number;
  /** OpenAI's `error.type`, such as `NotFoundError`. */
  readonly type: string | undefined;
  /** The field that is wrong, such as `messages` or `max_tokens`. */
  readonly param: string | undefined;
  /** What Retry-After asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: EngineErrorCode, message: string, facts: EngineErrorFacts) {
    super(code, message, { hint: engineErrors[code].cure, retryable: engineErrors[code].retryable });
    this.status = facts.status;
    this.type = facts.type;
    this.param = facts.param;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

export interface EngineErrorFacts {
  status: number;
  type?: string | undefined;
  param?: string | undefined;
  retryAfterMs?: number | undefined;
}

export interface ErrorAnswer {
  status: number;
  /** The body, read to its end. */
  text: string;
  /** The Retry-After header. */
  retryAfter?: string | undefined;
}

/** `what` reads on after "cannot": "complete the chat with demo". */
export function decodeEngineError(what: string, answer: ErrorAnswer): EngineError {
  const content = readErrorBody(answer.text);
  const status = answer.status;
  const message = content.message ?? (answer.text.trim().slice(0, 300) || 'no reason given');
  return new EngineError(
    pickCode(status, { ...content, message }),
    `cannot ${what} because the answer was ${status}: ${message}`,
    { status, type: content.type, param: content.param, retryAfterMs: readRetryAfter(answer.retryAfter) },
  );
}

/** The error in an event of a stream, if it is one. */
export function decodeErrorEvent(what: string, event: unknown): EngineError | undefined {
  const error = readErrorEvent(event);
  if (!error) return undefined;
  const content = { ...error.content, message: error.content.message ?? 'no reason given' };
  return decodeEngineError(what, { status: error.status ?? 500, text: JSON.stringify({ error: content }) });
}

/** The engine's own words for a context that is too small (vLLM 0.32, recorded). */
const tooLong = /maximum context length|max_model_len|maximum model length/i;

function pickCode(status: number, content: ErrorContent): EngineErrorCode {
  if (status === 401 || status === 403) return 'key_refused';
  if (status === 404 && (content.param === 'model' || /\bmodel\b.*does not exist/i.test(content.message ?? ''))) {
    return 'model_unknown';
  }
  if (status === 404 || status === 405) return 'route_unknown';
  if (status === 413) return 'request_too_large';
  if (status === 429) return 'engine_busy';
  if (status < 500) return tooLong.test(content.message ?? '') ? 'prompt_too_long' : 'request_invalid';
  return status === 502 || status === 503 ? 'engine_unavailable' : 'engine_failed';
}

/** Seconds, as the front and the gateway write it; a date is left out. */
function readRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) * 1_000 : undefined;
}
