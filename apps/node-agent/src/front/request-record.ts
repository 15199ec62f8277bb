// What is left of a connection when it is over: for the log and the counters. Nothing that a client could have typed.

import type { Outcome } from './connection-life.ts';
import type { RefusalCode } from './refusal.ts';
import type { Route } from './routes.ts';

export interface RequestRecord {
  outcome: Outcome;
  refusedAs: RefusalCode | undefined;
  /** Undefined when the engine never had the request. */
  route: Route | undefined;
  /** As the engine gave it, if it did. */
  status: number | undefined;
  durationMs: number;
  firstByteMs: number | undefined;
  bytesToEngine: number;
  bytesToClient: number;
  /** Nothing ever arrived: a probe, or a connection opened in advance. */
  silent: boolean;
}
