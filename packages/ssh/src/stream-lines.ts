// Reads a stream one line at a time, with a limit on the length of a line.

import type { Readable } from 'node:stream';

import { createLineCutter } from '@fairlead/kit';

const maxLineChars = 64 * 1024;

export class StreamLines {
  #lines: string[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** Takes the stream's data from now on; destroys the stream when a line exceeds the limit. */
  constructor(stream: Readable) {
    const cutter = createLineCutter();
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      this.#lines.push(...cutter.write(text));
      if (cutter.heldChars > maxLineChars) stream.destroy();
      this.#wake?.();
    });
    const onEnd = () => {
      this.#isEnded = true;
      this.#wake?.();
    };
    stream.once('end', onEnd);
    stream.once('close', onEnd);
  }

  /** The next whole line; undefined after the last. One caller at a time. */
  async next(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#isEnded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.#lines.shift();
  }
}
