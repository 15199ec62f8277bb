// A request that the engine answers without generating, independent of its route.

import type { ApiError } from './api-error.ts';

export interface PoolingHead {
  /** The hexadecimal part. */
  id: string;
  /** Seconds since the epoch. */
  created: number;
}

export interface PoolingRequest {
  /** The sequences that it takes in the engine's batch. */
  sequences: number;
  promptTokens: number;
  /** The body. */
  answer(head: PoolingHead): unknown;
}

export type DecodedPooling = { ok: true; request: PoolingRequest } | { ok: false; error: ApiError };
