// When a reader's bytes are given back to the writer as credit, and when its window grows. Pure.

import type { CoreStream } from './core-stream.ts';

const maxWindowBytes = 4 * 1024 * 1024;
/** By how much all windows of a mux together may have grown: readers that were fast may all stall. */
export const maxGrowthBytes = 16 * 1024 * 1024;
/** A round trip that is shorter, or not measured yet, counts as this long. */
const shortRoundTripMs = 2;
const slackMs = 4;

export interface ReaderFacts {
  nowMs: number;
  /** It waits for more: nothing lies unread. */
  isIdle: boolean;
  roundTripMs: number;
  /** By how much windows may still grow. */
  growthBytes: number;
}

/**
 * The credit to give now; 0: wait. Credit goes back in lumps of half a window. A reader that empties that within two round trips is
 * held up by its window, which is doubled then: a slow reader never holds more than the first one.
 */
export function consumeBytes(stream: CoreStream, bytes: number, facts: ReaderFacts): number {
  stream.owedBytes += bytes;
  if (stream.owedBytes < stream.windowBytes / 2) return 0;
  let grant = stream.owedBytes;
  stream.owedBytes = 0;
  if (isHeldUp(stream, facts)) {
    grant += stream.windowBytes;
    stream.windowBytes *= 2;
  }
  stream.grantedMs = facts.nowMs;
  stream.allowance += grant;
  return grant;
}

function isHeldUp(stream: CoreStream, { nowMs, isIdle, roundTripMs, growthBytes }: ReaderFacts): boolean {
  if (!isIdle || stream.windowBytes >= maxWindowBytes || stream.windowBytes > growthBytes) return false;
  const roundTrip = Number.isFinite(roundTripMs) ? Math.max(roundTripMs, shortRoundTripMs) : shortRoundTripMs;
  return nowMs - stream.grantedMs < 2 * roundTrip + slackMs;
}
