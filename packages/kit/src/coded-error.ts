// The one error class. Each package owns its union of codes; roots map one to another.

export interface CodedErrorOptions {
  /** What to do next, one or more sentences for the person who reads it. */
  hint?: string;
  /** Whether the same call may succeed later without a change. */
  retryable?: boolean;
  cause?: unknown;
}

/** `message` reads "cannot X because Y: got Z"; `hint` says what to do. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'CodedError';
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
  }
}

export function isCodedError<Code extends string = string>(
  error: unknown,
  ...codes: Code[]
): error is CodedError<Code> {
  return error instanceof CodedError && (codes.length === 0 || codes.includes(error.code as Code));
}

/** The text of anything thrown, for a log line or a message; never a stack. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(errorText).join('; ');
  if (error instanceof Error) return error.message || errnoOf(error) || error.name;
  return String(error);
}

/** Node's error code (`ENOENT`, `ECONNREFUSED`, …) of anything thrown. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
