// The wire's closed list of error codes, each with its HTTP status and whether the same call may succeed later.

import { z } from 'zod';

import { boundedText, messageLength, shortenedText } from './bounds.ts';

export const wireErrors = {
  bad_request: {
    status: 400,
    retryable: false,
    cause: 'A field is missing or wrong; `path` names it.',
    cure: 'Correct the field.',
  },
  unauthorized: {
    status: 401,
    retryable: false,
    cause: 'No token, or one that is not known here.',
    cure: 'Run `fairlead init` on this machine again.',
  },
  forbidden: {
    status: 403,
    retryable: false,
    cause: 'The token is real but not for this.',
    cure: 'Use the token of the thing you speak for.',
  },
  not_found: { status: 404, retryable: false, cause: 'Nothing has that name.', cure: 'See `fairlead list`.' },
  name_taken: {
    status: 409,
    retryable: false,
    cause: 'An active deployment has that name.',
    cure: 'Choose another --name, or stop the other one.',
  },
  fenced: {
    status: 409,
    retryable: false,
    cause: 'A newer start of the same job has taken over.',
    cure: 'Nothing: the newer one serves.',
  },
  protocol_mismatch: {
    status: 426,
    retryable: false,
    cause: 'The two sides share no protocol version.',
    cure: 'Upgrade the older side; the message names both.',
  },
  payload_too_large: { status: 413, retryable: false, cause: 'A body or frame is over the limit.', cure: 'Send less.' },
  unsupported_encoding: {
    status: 415,
    retryable: false,
    cause: 'The body of the request is compressed, which the gateway does not read.',
    cure: 'Send it without `Content-Encoding`.',
  },
  too_many: { status: 429, retryable: true, cause: 'Too many connections or requests.', cure: 'Try again later.' },
  not_ready: {
    status: 503,
    retryable: true,
    cause: 'The deployment is not serving yet.',
    cure: 'Wait; `fairlead status` says for what.',
  },
  draining: {
    status: 503,
    retryable: true,
    cause: 'The instance takes no new requests; it is about to end.',
    cure: 'Wait for the next instance, or deploy again.',
  },
  engine_unavailable: {
    status: 502,
    retryable: true,
    cause: 'The agent is there but its engine does not answer.',
    cure: 'See `fairlead logs --source engine`.',
  },
  route_refused: {
    status: 404,
    retryable: false,
    cause: 'The front lets only listed routes through.',
    cure: 'Use the OpenAI-compatible routes under /v1.',
  },
  method_refused: {
    status: 405,
    retryable: false,
    cause: 'The route takes another method.',
    cure: 'Use the method that the message and the `allow` header name.',
  },
  storage_failed: {
    status: 507,
    retryable: true,
    cause: 'Control cannot write to its disk: it is full, over quota or failing. Nothing was changed.',
    cure: 'Make room in the home directory on the bastion (`df`, `quota`), then try again.',
  },
  state_unreadable: {
    status: 503,
    retryable: true,
    cause:
      'Control cannot read its own files in the home directory on the bastion for the moment. It keeps what it knows, and changes nothing.',
    cure: 'See that the home directory on the bastion is there and readable (mount, Kerberos ticket, quota); control goes on by itself.',
  },
  internal: {
    status: 500,
    retryable: true,
    cause: 'A fault of ours.',
    cure: 'See the log that the message names, and report it.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; cause: string; cure: string }>;

export type WireErrorCode = keyof typeof wireErrors;

/** The body of every error answer of control. */
export const errorBody = z.object({
  error: z.object({
    code: boundedText(64),
    message: shortenedText(messageLength),
    hint: shortenedText(messageLength).optional(),
    /** The offending field, as in `deployment.model`. */
    path: shortenedText(messageLength).optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;
