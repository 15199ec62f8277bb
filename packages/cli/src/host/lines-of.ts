// The lines of a stream as they come.

import { addAbortSignal, type Readable } from 'node:stream';

/** The signal, and leaving the loop, destroy the stream; after the signal the loop throws. */
export async function* linesOf(stream: Readable, signal: AbortSignal): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of addAbortSignal(signal, stream).setEncoding('utf8')) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
