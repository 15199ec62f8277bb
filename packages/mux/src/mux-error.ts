// What can go wrong with a mux: the codes of this package.

import { CodedError } from '@fairlead/kit';

export type MuxErrorCode =
  /** The channel below was lost, or the peer broke the protocol: all streams end. */
  | 'mux_lost'
  /** The peer has left one stream. */
  | 'stream_reset';

export function muxLost(why: string, cause?: unknown): CodedError<MuxErrorCode> {
  return new CodedError('mux_lost', `lost the channel of all requests: ${why}`, { retryable: true, cause });
}

export function streamReset(): CodedError<MuxErrorCode> {
  return new CodedError('stream_reset', 'the other side has left this request', { retryable: true });
}
