// What becomes of an answer that is no stream of events: it passes as it is. Its last bytes are kept, in which engines tell the usage.

import { readUsage } from '@fairlead/openai-wire';

import type { PassageTally } from './passage-tally.ts';

/** Behind the usage stand only small fields. */
const tailBytes = 16 * 1024;
/** Small ones are joined. */
const maxPieces = 64;
const usageMark = '"usage":';

export class WholePassage {
  readonly #tally: PassageTally;
  /** The last pieces as they came: most answers are one. */
  #tail: Buffer[] = [];
  #bytes = 0;

  constructor(tally: PassageTally) {
    this.#tally = tally;
  }

  take(content: Buffer): Buffer {
    const tail = this.#tail;
    tail.push(content);
    this.#bytes += content.length;
    while (tail.length > 1 && this.#bytes - tail[0]!.length >= tailBytes) this.#bytes -= tail.shift()!.length;
    if (tail.length > maxPieces) this.#tail = [Buffer.concat(tail)];
    return content;
  }

  end(): undefined {
    this.#tally.generated = 1;
    const text = Buffer.concat(this.#tail).toString('latin1');
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
