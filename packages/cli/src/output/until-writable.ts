// Back-pressure for stdout: without the wait, output that a slow reader has not taken would grow in memory.

import { untilAborted } from '@fairlead/kit';

/** Resolves at once where there is room, and when the stream closes or fails: the next write reports that. */
export async function untilWritable(stream: NodeJS.WritableStream, signal?: AbortSignal): Promise<void> {
  if (!(stream as { writableNeedDrain?: boolean }).writableNeedDrain) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ['drain', 'close', 'error'] as const;
  for (const event of events) stream.once(event, resolve);
  try {
    await untilAborted(promise, signal);
  } finally {
    for (const event of events) stream.off(event, resolve);
  }
}
