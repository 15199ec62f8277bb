// Makes a request again and again over the carrier in memory, which is cut one byte later each time.

import { setImmediate } from 'node:timers/promises';

import type { MemoryNetwork, Towards } from '@fairlead/carrier/testing';
import { CodedError } from '@fairlead/kit';

/** What became of a request: its value, or its error. */
export type CutOutcome<T> = { value: T } | { code: string; retryable: boolean };

/**
 * Cuts the network after 0, 1, 2, … bytes in one direction, up to as many as one request takes, and makes a request each time.
 * Yields what became of each.
 */
export async function* cutEverywhere<T>(
  network: MemoryNetwork,
  towards: Towards,
  request: () => Promise<T>,
): AsyncGenerator<{ bytes: number; total: number; outcome: CutOutcome<T> }> {
  const before = network.passed[towards];
  await request();
  const total = network.passed[towards] - before;
  for (let bytes = 0; bytes < total; bytes += 1) {
    network.dropAfter(towards, bytes);
    yield { bytes, total, outcome: await request().then(toValue, toFailure) };
    // A drop follows the last byte by a turn of the event loop; the next request must not meet it.
    await setImmediate();
    await setImmediate();
  }
  network.dropAfter(towards, Infinity);
}

function toValue<T>(value: T): CutOutcome<T> {
  return { value };
}

function toFailure(error: unknown): { code: string; retryable: boolean } {
  if (!(error instanceof CodedError)) throw error;
  return { code: error.code, retryable: error.retryable };
}
