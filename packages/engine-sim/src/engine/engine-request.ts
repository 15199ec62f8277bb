// The interfaces of the engine: a request, its callbacks, the statistics, the limits.

import type { BatchLimits } from './batch.ts';
import type { Finish, Generation } from './generation.ts';

export interface EngineRequest {
  /** One per choice; they advance together. None for an embedding: it ends with its prefill. */
  generations: readonly Generation[];
  promptTokens: number;
  maxTokens: number;
  prefillMs: number;
  decodeMs: number;
  /** Stop after this many tokens and call `onHalt` (for faults). */
  haltAt?: number | undefined;
  /** The tokens of one step of one choice. */
  onTokens(choice: number, texts: readonly string[], finish: Finish | undefined): void;
  /** Every choice has its tokens of this step, and some go on: the moment to write. */
  onStep(): void;
  /** Every choice has finished. */
  onEnd(): void;
  /** The engine died during the request. */
  onFailed(): void;
  onHalt?(): void;
}

/** The observations for the metrics. Seconds, as in Prometheus. */
export interface EngineObserver {
  stepped(tokens: number): void;
  firstToken(seconds: number): void;
  interToken(seconds: number): void;
  ended(request: EngineRequest, times: RequestTimes): void;
  /** Tokens of one request, at once. */
  produced?(request: EngineRequest, tokens: number): void;
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
  /** Requests that were preempted because the KV cache was full. */
  preempted: number;
  /** Requests that were refused because of `maxQueued`. */
  rejected: number;
}

export interface EngineLimits extends BatchLimits {
  /** `--max-num-queued-reqs`: the limit of sequences in flight, including waiting ones. */
  maxQueued: number;
}

export const defaultLimits: EngineLimits = { maxSequences: 1024, kvCapacity: 2_097_152, maxQueued: Infinity };

export interface RunningRequest {
  /** Ends the request, for a client that has left: no callback follows. */
  abort(): void;
  /** Stops the tokens until `resume`, for a client that does not read. */
  pause(): void;
  resume(): void;
}
