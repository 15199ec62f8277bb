// Bytes of a log as lines. A line without an end is not held: of a long one its beginning is kept.

import { StringDecoder } from 'node:string_decoder';

import { LINE_CHARS } from './chunk-lines.ts';

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The lines that end in `block`. */
  write(block: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(block)).split('\n');
    // One character more than is shown, so that it is seen that there was more.
    this.#rest = (lines.pop() ?? '').slice(0, LINE_CHARS + 1);
    return lines;
  }

  /** The last line where it has no newline. */
  *rest(): Generator<string[]> {
    const line = this.#rest + this.#decoder.end();
    if (line !== '') yield [line];
  }
}
