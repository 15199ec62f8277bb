// The record of a connection that is over, for the log and the counters. It holds no text that a client chose.

import type { RefusalCode, ApiRoute } from '@fairlead/openai-wire';
import type { RequestOutcome } from './connection-life.ts';

export interface RequestRecord extends RequestTally {
  outcome: RequestOutcome;
  durationMs: number;
  /** Nothing ever arrived: a probe, or a connection opened in advance. */
  silent: boolean;
}

/** Kept while the connection lives. */
export interface RequestTally {
  refusedAs: RefusalCode | undefined;
  /** Undefined when the engine never had the request. */
  route: ApiRoute | undefined;
  /** As the engine gave it, if it did. */
  status: number | undefined;
  firstByteMs: number | undefined;
  bytesToEngine: number;
  bytesToClient: number;
  /** How often the engine was dialled again. */
  dialRetries: number;
}

export function emptyTally(): RequestTally {
  return {
    refusedAs: undefined,
    route: undefined,
    status: undefined,
    firstByteMs: undefined,
    bytesToEngine: 0,
    bytesToClient: 0,
    dialRetries: 0,
  };
}
