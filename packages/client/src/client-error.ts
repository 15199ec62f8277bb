// The SDK's own error codes. Their messages speak to the program's author.

import type { ReachErrorCode } from '@fairlead/carrier';
import { CodedError, defined } from '@fairlead/kit';

export type ClientErrorCode =
  | ReachErrorCode
  | 'profile_missing'
  | 'profile_unsafe'
  | 'profile_invalid'
  | 'control_answer'
  | 'gateway_answer'
  | 'gateway_unreachable'
  | 'gateway_url_invalid'
  | 'gateway_missing'
  | 'model_not_offered'
  | 'gateway_unsafe'
  | 'gateway_invalid'
  | 'deployment_unknown'
  | 'endpoint_not_ready'
  | 'endpoint_ended'
  | 'answer_cut'
  | 'answer_invalid'
  | 'url_refused'
  | 'port_taken'
  | 'bind_invalid'
  | 'origin_invalid';

export type ClientError = CodedError<ClientErrorCode>;

/** An error answer of control, with its wire code in `wireCode`. */
export class ControlAnswerError extends CodedError<'control_answer'> {
  readonly status: number;
  readonly wireCode: string;
  readonly path: string | undefined;

  constructor(
    status: number,
    wire: { code: string; message: string; hint?: string | undefined; path?: string | undefined },
  ) {
    super('control_answer', wire.code === 'bad_request' && wire.path ? `${wire.path}: ${wire.message}` : wire.message, {
      ...defined({ hint: wire.hint }),
      retryable: status >= 500 || status === 429,
    });
    this.status = status;
    this.wireCode = wire.code;
    this.path = wire.path;
  }
}

/** An error answer of a gateway about an account, with its own code in `wireCode`. */
export class GatewayAnswerError extends CodedError<'gateway_answer'> {
  readonly status: number;
  readonly wireCode: string;

  constructor(status: number, wire: { code: string; message: string; hint?: string | undefined }) {
    super('gateway_answer', wire.message, {
      ...defined({ hint: wire.hint }),
      retryable: status >= 500 || status === 429,
    });
    this.status = status;
    this.wireCode = wire.code;
  }
}
