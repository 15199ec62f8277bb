// What the front has counted since it was opened.

import type { RefusalCode } from '@fairlead/openai-wire';
import type { RequestOutcome } from './connection-life.ts';
import type { RequestRecord } from './request-record.ts';

export interface FrontStats {
  accepted: number;
  /** Requests that went to the engine. */
  admitted: number;
  inFlight: number;
  /** How often the engine was dialled again because it could not be reached for a moment. */
  dialRetries: number;
  /** Of the connections that are over. */
  outcomes: Record<RequestOutcome, number>;
  refusals: Partial<Record<RefusalCode, number>>;
  bytesToEngine: number;
  bytesToClient: number;
  /** Of the answers with status 200 to requests that make an engine generate. */
  generatedPieces: number;
}

export function emptyStats(): FrontStats {
  return {
    accepted: 0,
    admitted: 0,
    inFlight: 0,
    dialRetries: 0,
    outcomes: { completed: 0, refused: 0, client_left: 0, engine_failed: 0, cut: 0 },
    refusals: {},
    bytesToEngine: 0,
    bytesToClient: 0,
    generatedPieces: 0,
  };
}

export function countRecord(stats: FrontStats, record: RequestRecord): void {
  stats.outcomes[record.outcome] += 1;
  if (record.refusedAs) stats.refusals[record.refusedAs] = (stats.refusals[record.refusedAs] ?? 0) + 1;
  stats.bytesToEngine += record.bytesToEngine;
  stats.bytesToClient += record.bytesToClient;
}
