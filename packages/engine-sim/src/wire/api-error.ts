// Every error body of vLLM that we know, as recorded in golden/.

export interface ApiError {
  status: number;
  body: unknown;
}

/** FastAPI's own answers. */
export const notFound: ApiError = { status: 404, body: { detail: 'Not Found' } };
export const methodNotAllowed: ApiError = { status: 405, body: { detail: 'Method Not Allowed' } };

/** The one error whose `error` is a string. */
export const unauthorized: ApiError = { status: 401, body: { error: 'Unauthorized' } };

const engineDeadText = 'EngineCore encountered an issue. See stack trace (above) for the root cause.';

export const engineDead = errorObject(500, 'InternalServerError', engineDeadText);

/** What a draining server says to every request that needs the tokenizer. */
export const cannotSchedule = errorObject(500, 'InternalServerError', 'cannot schedule new futures after shutdown');

/** Event of a stream whose engine died; Python's `json.dumps` puts spaces, unlike the rest. */
export const engineDeadEvent = `data: {"error": {"message": "${engineDeadText}", "type": "InternalServerError", "param": null, "code": 500}}\n\n`;

export function modelNotFound(model: string, served: readonly string[]): ApiError {
  const message = `The model \`${model}\` does not exist. Valid aliases: ${served.join(', ')}.`;
  return errorObject(404, 'NotFoundError', message, 'model');
}

/** An engine's own refusal. `parameter` is repeated in the text where the real one does. */
export function badRequest(message: string, parameter?: { name: string; value: string | number }): ApiError {
  const text = parameter ? `${message} (parameter=${parameter.name}, value=${parameter.value})` : message;
  return errorObject(400, 'BadRequestError', text, parameter?.name ?? null);
}

/** A refusal by the schema: Python's repr of one pydantic error. */
export function invalidField(loc: string, error: { type: string; msg: string; input: string; ctx?: string }): ApiError {
  const ctx = error.ctx === undefined ? '' : `, 'ctx': {'error': '${error.ctx}'}`;
  const detail = `{'type': '${error.type}', 'loc': '${loc}', 'msg': '${error.msg}', 'input': '${error.input}'${ctx}}`;
  return errorObject(400, 'Bad Request', `1 validation error:\n  ${detail}`, loc);
}

export function unsupportedMediaType(): ApiError {
  const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
  return errorObject(400, 'Bad Request', message);
}

/** A failure that a fault asked for. */
export function simulatedFailure(status: number): ApiError {
  const type = status === 503 ? 'ServiceUnavailableError' : 'InternalServerError';
  return errorObject(status, type, `simulated failure with status ${status}`);
}

function errorObject(status: number, type: string, message: string, param: string | null = null): ApiError {
  return { status, body: { error: { message, type, param, code: status } } };
}
