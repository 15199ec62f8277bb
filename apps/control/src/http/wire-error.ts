// What a handler throws to answer with an error of the wire's closed list.

import { CodedError, defined } from '@fairlead/kit';
import { type ErrorBody, WIRE_ERRORS, type WireErrorCode } from '@fairlead/protocol';

export class WireError extends CodedError<WireErrorCode> {
  /** The offending field. */
  readonly path: string | undefined;

  constructor(code: WireErrorCode, message: string, options: { hint?: string | undefined; path?: string } = {}) {
    const hint = options.hint ?? WIRE_ERRORS[code].cure;
    super(code, message, { hint, retryable: WIRE_ERRORS[code].retryable });
    this.path = options.path;
  }

  get status(): number {
    return WIRE_ERRORS[this.code].status;
  }

  get body(): ErrorBody {
    const { code, message, hint, path } = this;
    return {
      error: { code, message, ...defined({ hint, path }) },
    };
  }
}
