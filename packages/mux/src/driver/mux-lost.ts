// The errors that streams of a mux end with.

import { CodedError } from '@fairlead/kit';

import type { MuxErrorCode } from '../mux-error.ts';

export function muxLost(why: string, cause?: unknown): CodedError<MuxErrorCode> {
  return new CodedError('mux_lost', `lost the channel of all requests: ${why}`, { retryable: true, cause });
}

export function streamReset(): CodedError<MuxErrorCode> {
  return new CodedError('stream_reset', 'the other side has left this request', { retryable: true });
}
