// Why control refuses an owner's request. Knows no HTTP: http/ gives each code its status.

import { CodedError, defined } from '@fairlead/kit';
import type { WireErrorCode } from '@fairlead/protocol';

export type RequestErrorCode = Extract<
  WireErrorCode,
  'draining' | 'name_taken' | 'not_found' | 'not_ready' | 'too_many'
>;

export class RequestError extends CodedError<RequestErrorCode> {
  /** The offending field of the request. */
  readonly path: string | undefined;

  constructor(code: RequestErrorCode, message: string, options: { hint?: string | undefined; path?: string } = {}) {
    super(code, message, defined({ hint: options.hint }));
    this.path = options.path;
  }
}
