// Writes to a command's two streams: lines, pieces, and on a terminal one line that is replaced. Control characters in text from
// outside become visible on a terminal; pipes get every byte unchanged.

import { randomUUID } from 'node:crypto';
import { styleText } from 'node:util';

import { visibleText } from '@fairlead/kit';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

export interface OutputStreams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

type Stream = OutputStreams['stdout'];
type Show = (text: string) => string;

export interface Printer {
  line(stream: Stream, text: string, show?: Show): void;
  /** Without an end of line. */
  piece(stream: Stream, text: string): void;
  /** A line for programs: every character as it came. */
  record(stream: Stream, text: string): void;
  /** Replaces the line before it that was busy. */
  busy(text: string): void;
  /** Wipes the busy line away. */
  clear(): void;
  /** As stderr shows it. */
  readonly style: (format: Style, text: string) => string;
}

const clearLine = '\r\u001b[2K';
const escape = '\u001b';

export function createPrinter({ stderr }: OutputStreams): Printer {
  const { style, write } = createPen();
  let isBusyShown = false;
  const clear = () => {
    if (isBusyShown) stderr.write(clearLine);
    isBusyShown = false;
  };
  return {
    line(stream, text, show) {
      clear();
      write(stream, text.endsWith('\n') ? text : `${text}\n`, show);
    },
    piece(stream, text) {
      clear();
      write(stream, text);
    },
    record(stream, text) {
      clear();
      stream.write(`${text}\n`);
    },
    busy(text) {
      stderr.write(clearLine);
      write(stderr, text);
      isBusyShown = true;
    },
    clear,
    style: (format, text) => style(format, text, stderr),
  };
}

/** Marks its own escape sequences with a random id, which text from outside cannot know; every other escape becomes a visible sign on a terminal. */
function createPen() {
  // Made when it is needed: most output is not styled, and its libraries take a tenth of the time of `--help`.
  let made: string | undefined;
  const mark = () => (made ??= `${escape}${randomUUID()}`);
  return {
    // styleText judges NO_COLOR, FORCE_COLOR and whether the stream is a terminal.
    style: (format: Style, text: string, stream: NodeJS.WritableStream) => {
      const [open = '', close = ''] = styleText(format, '\n', { stream: stream as NodeJS.WriteStream }).split('\n');
      return open === '' ? text : `${open.replaceAll(escape, mark)}${text}${close.replaceAll(escape, mark)}`;
    },
    write: (stream: Stream, text: string, show: Show = visibleText) => {
      const parts = made === undefined ? [text] : text.split(made);
      stream.write((stream.isTTY ? parts.map(show) : parts).join(escape));
    },
  };
}
