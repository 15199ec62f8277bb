// What a handler throws to answer with an error of the wire's closed list.

import { CodedError, defined } from '@fairlead/kit';
import { type ErrorBody, wireErrors, type WireErrorCode } from '@fairlead/protocol';

export class WireError extends CodedError<WireErrorCode> {
  /** The offending field. */
  readonly path: string | undefined;

  constructor(code: WireErrorCode, message: string, options: { hint?: string | undefined; path?: string } = {}) {
    const hint = options.hint ?? wireErrors[code].cure;
    super(code, message, { hint, retryable: wireErrors[code].retryable });
    this.path = options.path;
  }

  get status(): number {
    return wireErrors[this.code].status;
  }

  get body(): ErrorBody {
    const { code, message, hint, path } = this;
    return {
      error: { code, message, ...defined({ hint, path }) },
    };
  }
}
