// What becomes of an answer that is no stream of events: it passes as it is. Its last bytes are kept, in which engines tell the usage.

import { readUsage } from '@fairlead/openai-wire';

import type { PassageTally } from './passage-tally.ts';

/** Behind the usage stand only small fields. */
const tailBytes = 16 * 1024;
const usageMark = '"usage":';

export class WholePassage {
  readonly #tally: PassageTally;
  /** Twice the tail, so that it is moved seldom. Made with the first small piece. */
  #kept: Buffer | undefined;
  #keptBytes = 0;

  constructor(tally: PassageTally) {
    this.#tally = tally;
  }

  take(content: Buffer): Buffer {
    const tail = content.length > tailBytes ? content.subarray(content.length - tailBytes) : content;
    this.#kept ??= Buffer.allocUnsafe(2 * tailBytes);
    if (this.#keptBytes + tail.length > this.#kept.length) {
      const start = Math.max(0, this.#keptBytes - tailBytes);
      this.#kept.copy(this.#kept, 0, start, this.#keptBytes);
      this.#keptBytes -= start;
    }
    this.#keptBytes += tail.copy(this.#kept, this.#keptBytes);
    return content;
  }

  end(): undefined {
    this.#tally.generated = 1;
    const text = this.#kept?.toString('latin1', 0, this.#keptBytes) ?? '';
    // Within a string of JSON its quotes would be escaped.
    const at = text.lastIndexOf(usageMark);
    if (at === -1) return;
    const object = objectAt(text, at + usageMark.length);
    if (object !== undefined) this.#tally.note(readUsage({ usage: object }));
  }
}

/** The object of numbers that begins there, behind white space. */
function objectAt(text: string, from: number): unknown {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '{') depth += 1;
    else if (letter === '}') {
      depth -= 1;
      if (depth === 0) return parse(text.slice(from, at + 1));
    } else if (depth === 0 && letter !== ' ' && letter !== '\n') return undefined;
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
