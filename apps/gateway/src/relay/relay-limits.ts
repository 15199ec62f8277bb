// The limits of the data path, and their defaults.

import type { AdmissionLimits } from '../admission/fair-admission.ts';
import { type HeadLimits, headLimits } from '@fairlead/openai-wire';

export interface RelayLimits extends HeadLimits, AdmissionLimits {
  /** Of a request's body, which is held until an instance has taken it. */
  bodyBytes: number;
  /** Bodies of all requests together. */
  allBodiesBytes: number;
  /** Open connections of clients. */
  connections: number;
  /** Between two requests of a connection, and before the first. */
  idleMs: number;
  /** From the first byte of a head to its last. */
  headMs: number;
  /** Between two pieces of a body. */
  bodyIdleMs: number;
  /** From its first byte to its last. */
  bodyMs: number;
  /** Until an instance has room. */
  queueMs: number;
  /** Until an instance has taken the connection. Then the next one is tried. */
  connectMs: number;
  /** From there to the first piece of the answer. */
  firstByteMs: number;
  /** Between two pieces of an answer. */
  quietMs: number;
  /** Between two requests of a connection, while another process has taken over: clients may have begun to send one. */
  drainIdleMs: number;
  /** Until requests that run are cut, after another process has taken over. */
  drainMs: number;
  /** How long a client may keep its side open after an error. */
  lingerMs: number;
  /** Bytes that wait for a client, before its instance is no longer read: the high-water mark of its socket. */
  heldBytes: number;
}

export const relayLimits: RelayLimits = {
  ...headLimits,
  bodyBytes: 32 * 1024 * 1024,
  allBodiesBytes: 256 * 1024 * 1024,
  connections: 10_000,
  idleMs: 120_000,
  headMs: 10_000,
  bodyIdleMs: 60_000,
  bodyMs: 600_000,
  queueMs: 300_000,
  queuedOfMember: 256,
  queuedInPool: 4_096,
  connectMs: 10_000,
  firstByteMs: 600_000,
  quietMs: 300_000,
  drainIdleMs: 5_000,
  drainMs: 900_000,
  lingerMs: 2_000,
  heldBytes: 32 * 1024,
};
