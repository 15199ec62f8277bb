// All known error bodies of vLLM, as recorded in golden/.

export interface ApiError {
  status: number;
  body: unknown;
}

/** FastAPI's own answers. */
export const notFound: ApiError = { status: 404, body: { detail: 'Not Found' } };
export const methodNotAllowed: ApiError = { status: 405, body: { detail: 'Method Not Allowed' } };

/** The one error whose `error` is a string. */
export const unauthorized: ApiError = { status: 401, body: { error: 'Unauthorized' } };

export const engineDeadText = 'EngineCore encountered an issue. See stack trace (above) for the root cause.';

export const engineDead = errorObject(500, 'InternalServerError', engineDeadText);

/** The answer of a draining server to every request that needs the tokenizer. */
export const cannotSchedule = errorObject(500, 'InternalServerError', 'cannot schedule new futures after shutdown');

export function modelNotFound(model: string, served: readonly string[]): ApiError {
  const message = `The model \`${model}\` does not exist. Valid aliases: ${served.join(', ')}.`;
  return errorObject(404, 'NotFoundError', message, 'model');
}

/** The engine's own refusal. The text repeats `parameter` if vLLM's does. */
export function badRequest(message: string, parameter?: { name: string; value?: string | number }): ApiError {
  return errorObject(400, 'BadRequestError', withParameter(message, parameter), parameter?.name ?? null);
}

function withParameter(message: string, parameter: { name: string; value?: string | number } | undefined): string {
  if (!parameter) return message;
  const value = parameter.value === undefined ? '' : `, value=${parameter.value}`;
  return `${message} (parameter=${parameter.name}${value})`;
}

export interface FieldError {
  type: string;
  msg: string;
  input: string;
  ctx?: string;
  /** A `ctx` that is no error: the limit that a number exceeds, or the expected words. */
  bound?: string;
}

/** A refusal by the schema: Python's repr of one pydantic error. */
export function invalidField(loc: string, error: FieldError): ApiError {
  return invalidFields([{ loc, ...error }]);
}

export function invalidFields(errors: ReadonlyArray<FieldError & { loc: string }>): ApiError {
  const details = errors.map(({ loc, type, msg, input, ctx, bound }) => {
    const cause = ctx === undefined ? bound : `{'error': ${ctx.includes('(') ? ctx : `'${ctx}'`}}`;
    const context = cause === undefined ? '' : `, 'ctx': ${cause}`;
    return `\n  {'type': '${type}', 'loc': '${loc}', 'msg': ${pythonText(msg)}, 'input': '${input}'${context}}`;
  });
  const count = `${errors.length} validation error${errors.length === 1 ? '' : 's'}`;
  return errorObject(400, 'Bad Request', `${count}:${details.join('')}`, errors[0]?.loc ?? null);
}

/** Python's repr takes the other quotes for a text that has single ones. */
function pythonText(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}

export function unsupportedMediaType(): ApiError {
  const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
  return errorObject(400, 'Bad Request', message);
}

/** A form whose file is no file. */
export function unprocessable(message: string): ApiError {
  return errorObject(422, 'Unprocessable Entity', message);
}

/** A failure that a fault causes. */
export function simulatedFailure(status: number): ApiError {
  const types: Record<number, string> = { 429: 'RateLimitError', 503: 'ServiceUnavailableError' };
  return errorObject(status, types[status] ?? 'InternalServerError', `simulated failure with status ${status}`);
}

/** More requests in flight than `--max-num-queued-reqs`. */
export const queueFull = errorObject(
  503,
  'Service Unavailable',
  'The engine is currently busy and cannot accept new requests. Please try again later or on a different instance.',
);

export function responseNotFound(id: string): ApiError {
  return errorObject(404, 'invalid_request_error', `Response with id '${id}' not found.`, 'response_id');
}

export function invalidRequest(message: string, param: string): ApiError {
  return errorObject(400, 'invalid_request_error', message, param);
}

/** A refusal of the adapter routes. */
export function adapterError(status: 400 | 404 | 500, message: string): ApiError {
  const types = { 400: 'InvalidUserInput', 404: 'NotFoundError', 500: 'InternalServerError' } as const;
  return errorObject(status, types[status], message);
}

/** The embedding routes do not list the existing models. */
export function modelNotFoundBriefly(model: string): ApiError {
  return errorObject(404, 'NotFoundError', `The model \`${model}\` does not exist.`);
}

/** Anthropic's shape of an engine's refusal; refusals by the schema keep theirs. */
export function asAnthropic({ status, body }: ApiError): ApiError {
  const { error } = body as { error?: { type?: string; message?: string } };
  if (!error?.type || error.type === 'Bad Request') return { status, body };
  return { status, body: { type: 'error', error: { type: error.type, message: error.message } } };
}

function errorObject(status: number, type: string, message: string, param: string | null = null): ApiError {
  return { status, body: { error: { message, type, param, code: status } } };
}
