// Bytes of a log as lines. A line without an end is not held: of a long one its beginning is kept.

import { StringDecoder } from 'node:string_decoder';

import { createLineCutter } from '@fairlead/kit';
import { lineChars } from './chunk-lines.ts';

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  // One character more than is shown, so that it is seen that there was more.
  readonly #cutter = createLineCutter({ keepChars: lineChars + 1 });

  /** The lines that end in `block`. */
  write(block: Buffer): string[] {
    return this.#cutter.write(this.#decoder.write(block));
  }

  /** The last line where it has no newline. */
  *rest(): Generator<string[]> {
    const line = (this.#cutter.rest() ?? '') + this.#decoder.end();
    if (line !== '') yield [line];
  }
}
