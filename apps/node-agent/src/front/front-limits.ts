// The front's limits and their defaults.

import { type HeadLimits, headLimits } from '@fairlead/openai-wire';

export interface FrontLimits extends HeadLimits {
  /** The content of a request body; the framing of chunks is not counted. */
  bodyBytes: number;
  /** Streams of muxes among them. */
  connections: number;
  /** Channels with a mux, and sessions that wait for one. Each consumer holds one. */
  muxes: number;
  /** Of one mux at a time: one consumer alone does not take all connections. Beyond it, its requests have channels of their own. */
  muxStreams: number;
  /** How long a mux whose channel was lost waits for its consumer. The engine goes on meanwhile. */
  resumeMs: number;
  /** That one mux holds while it waits: more ends it. What is on its way at most, and 1,000 streams that hold 32 KiB. */
  waitingSessionBytes: number;
  /** That all of them hold: beyond it those that have waited longest end. */
  waitingBytes: number;
  /** Until the first byte of a request: clients hold connections ready, and drop what they do not use sooner than this. */
  idleMs: number;
  /** From the first byte of the head to its last. */
  headMs: number;
  /** Between two pieces of a request body, while the engine is ready to take more. The engine may take none for four times as long. */
  bodyIdleMs: number;
  /** How long a client may keep its side open after its response was delivered. */
  lingerMs: number;
  /** Bytes held for a client that does not read, before the engine is no longer read either. */
  heldBytes: number;
  /** How long an engine that cannot be reached for a passing reason is tried again. */
  dialMs: number;
  /** For how long after it became ready an engine may refuse connections: its socket may be there before it listens. */
  freshMs: number;
  /** Silence of an event stream after which its client gets a comment. */
  quietMs: number;
}

export const frontLimits: FrontLimits = {
  ...headLimits,
  bodyBytes: 64 * 1024 * 1024,
  connections: 4096,
  muxes: 512,
  muxStreams: 2048,
  resumeMs: 30_000,
  waitingSessionBytes: 48 * 1024 * 1024,
  waitingBytes: 128 * 1024 * 1024,
  idleMs: 600_000,
  headMs: 10_000,
  bodyIdleMs: 60_000,
  lingerMs: 2_000,
  heldBytes: 256 * 1024,
  dialMs: 10_000,
  freshMs: 5_000,
  quietMs: 15_000,
};
