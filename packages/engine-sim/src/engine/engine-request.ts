// What the engine is asked for, what it tells, and its limits.

import type { BatchLimits } from './batch.ts';
import type { Finish, Generation } from './generation.ts';

export interface EngineRequest {
  /** One per choice; they advance together. None for an embedding: it ends with its prefill. */
  generations: readonly Generation[];
  promptTokens: number;
  maxTokens: number;
  prefillMs: number;
  decodeMs: number;
  /** Stop giving tokens after this many, and call `onHalt` (faults). */
  haltAt?: number | undefined;
  /** The tokens of one step of one choice. */
  onTokens(choice: number, texts: readonly string[], finish: Finish | undefined): void;
  /** Every choice had its tokens of this step, and some go on: the moment to write. */
  onStep(): void;
  /** Every choice has finished. */
  onEnd(): void;
  /** The engine died under the request. */
  onFailed(): void;
  onHalt?(): void;
}

/** What the metrics hear of. Seconds, as in Prometheus. */
export interface EngineObserver {
  stepped(tokens: number): void;
  firstToken(seconds: number): void;
  interToken(seconds: number): void;
  ended(request: EngineRequest, times: RequestTimes): void;
}

export interface RequestTimes {
  queueS: number;
  prefillS: number;
  decodeS: number;
  tokens: number;
}

export interface EngineStats {
  running: number;
  waiting: number;
  promptTokens: number;
  generationTokens: number;
  /** Tokens held by requests in flight. */
  kvTokens: number;
  finished: { stop: number; length: number };
  /** Requests that gave their place back to others because the KV cache was full. */
  preempted: number;
  /** Requests that were never taken because of `maxQueued`. */
  rejected: number;
}

export interface EngineLimits extends BatchLimits {
  /** `--max-num-queued-reqs`: sequences in flight, waiting ones too. */
  maxQueued: number;
}

export const defaultLimits: EngineLimits = { maxSequences: 1024, kvCapacity: 2_097_152, maxQueued: Infinity };

export interface RunningRequest {
  /** The client is gone: no call-back follows. */
  abort(): void;
  /** The client does not read: no tokens until `resume`. */
  pause(): void;
  resume(): void;
}
