// The wait for a reader that is slower than we are: without it what it has not read would pile up in memory.

import { untilAborted } from '@fairlead/kit';

/** Resolves at once where there is room, or where nothing will be read any more: the write says so. */
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
