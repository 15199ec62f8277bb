// Reads a stream one line at a time, with limits on the length of a line and on the lines that nothing has read yet.

import type { Readable } from 'node:stream';

import { createLineCutter } from '@fairlead/kit';

const maxLineChars = 64 * 1024;
/** Above this the stream waits for its reader. One piece of the stream may bring more. */
const maxUnreadLines = 1_000;

export class StreamLines {
  readonly #stream: Readable;
  #lines: string[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** Takes the stream's data from now on; destroys the stream when a line exceeds the limit. */
  constructor(stream: Readable) {
    this.#stream = stream;
    const cutter = createLineCutter();
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      this.#lines.push(...cutter.write(text));
      if (cutter.heldChars > maxLineChars) stream.destroy();
      else if (this.#lines.length > maxUnreadLines) stream.pause();
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
    const line = this.#lines.shift();
    if (this.#lines.length === 0 && this.#stream.isPaused()) this.#stream.resume();
    return line;
  }
}
