// Codes of the channel that carries all requests of a consumer.

import type { MuxErrorCode } from '@fairlead/mux';
import type { ErrorBook } from './error-entry.ts';

export const muxErrors: ErrorBook<MuxErrorCode> = {
  mux_lost: {
    cause:
      'The channel that carried the request was lost, or the other end broke its protocol; the message says which.',
    cure: 'Send the request again: the next ones go over a new channel. If the protocol was broken, report it with the message.',
  },
  stream_reset: {
    cause:
      'The agent ended this request before its answer was complete: the engine was cut, or the agent ended its requests.',
    cure: 'Send the request again; `fairlead logs <name> --source agent` says why.',
  },
};
