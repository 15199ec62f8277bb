// Cuts text that comes in pieces into lines.

import { addAbortSignal, type Readable } from 'node:stream';

export interface LineCutter {
  /** The lines that end in this piece, without their newlines. */
  write(text: string): string[];
  /** The last line where it has no end; undefined where there is none. */
  rest(): string | undefined;
  /** Characters of a line whose end has not come yet. */
  readonly heldChars: number;
}

/** `keepChars`: of a longer line its beginning is given, and no more of it is held. Default: all of each line. */
export function createLineCutter({ keepChars = Infinity }: { keepChars?: number } = {}): LineCutter {
  const cut = (line: string) => (line.length > keepChars ? line.slice(0, keepChars) : line);
  let held = '';
  return {
    write(text) {
      const lines = (held + text).split('\n');
      held = cut(lines.pop() ?? '');
      return keepChars === Infinity ? lines : lines.map(cut);
    },
    rest: () => (held === '' ? undefined : held),
    get heldChars() {
      return held.length;
    },
  };
}

/** The lines of a stream as they come. The signal, and leaving the loop, destroy the stream; after the signal the loop throws. */
export async function* linesOf(stream: Readable, signal?: AbortSignal): AsyncGenerator<string> {
  const cutter = createLineCutter();
  const source = signal ? addAbortSignal(signal, stream) : stream;
  for await (const chunk of source.setEncoding('utf8')) yield* cutter.write(String(chunk));
  const rest = cutter.rest();
  if (rest !== undefined) yield rest;
}
