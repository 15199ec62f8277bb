// Reads a stream line by line, one at a time, with a limit on what a line may hold.

import type { Readable } from 'node:stream';

const MAX_LINE_CHARS = 64 * 1024;

export class LineReader {
  #buffered = '';
  #lines: string[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** Takes the stream's data from now on; destroys it when a line has no end. */
  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const parts = (this.#buffered + text).split('\n');
      this.#buffered = parts.pop() ?? '';
      this.#lines.push(...parts);
      if (this.#buffered.length > MAX_LINE_CHARS) stream.destroy();
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
