// What the body of an error answer, or an error event of a stream, says: OpenAI's shape, Anthropic's, FastAPI's, a bare string.

export interface ErrorContent {
  message?: string | undefined;
  /** Such as `NotFoundError`. */
  type?: string | undefined;
  /** The field that is wrong. */
  param?: string | undefined;
}

/** Empty where the body says nothing that can be read. */
export function readErrorBody(text: string): ErrorContent {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
  const error = fieldOf(body, 'error');
  if (typeof error === 'string') return { message: error };
  if (error !== undefined) return readError(error);
  const detail = fieldOf(body, 'detail');
  if (detail !== undefined) return { message: typeof detail === 'string' ? detail : JSON.stringify(detail) };
  return readError(body);
}

/** The error in an event of a stream, and its HTTP status where it has one; undefined where the event is none. vLLM sends them after a 200. */
export function readErrorEvent(event: unknown): { content: ErrorContent; status: number | undefined } | undefined {
  const error = fieldOf(event, 'error');
  if (error === undefined || error === null) return undefined;
  const status = Number(fieldOf(error, 'code'));
  return { content: readError(error), status: Number.isInteger(status) && status >= 400 ? status : undefined };
}

function readError(error: unknown): ErrorContent {
  return {
    message: textOf(fieldOf(error, 'message')),
    type: textOf(fieldOf(error, 'type')),
    param: textOf(fieldOf(error, 'param')),
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
