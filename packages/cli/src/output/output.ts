// Where a command's words go: people read progress on stderr and results on stdout; with --json stdout has one object a line.
// The one edge to the terminal: control characters in text from outside become visible there. Pipes and JSON get every byte unchanged.

import { randomUUID } from 'node:crypto';
import { styleText } from 'node:util';

import type { JsonLine, LineFields, LineName } from './lines/json-line.ts';
import { visibleColouredText, visibleText } from './visible-text.ts';
import { untilWritable } from './until-writable.ts';

export interface Output {
  readonly json: boolean;
  /** A fact of a long command: a JSON line, or a line of progress for people. */
  event<Name extends LineName>(name: Name, fields: LineFields<Name>, human?: string): void;
  /** A line of progress for people alone. */
  progress(text: string): void;
  /** What is going on right now; replaced by the next one on a terminal, left out elsewhere. */
  busy(text: string): void;
  /** The command's result: the last JSON line, or text on stdout. */
  result(line: JsonLine, human: string): void;
  /** Text that belongs to the result as it is (logs, scripts). In JSON mode it is left out. */
  text(text: string): void;
  /** A line of a log: as `text`, and its colours stay. */
  logLine(line: string): void;
  /** A piece of the result as it comes, without an end of line. In JSON mode it is left out. */
  piece(text: string): void;
  /** A piece of what is told on the way, on stderr, without an end of line. In JSON mode it is left out. */
  aside(text: string): void;
  warn(text: string): void;
  /** A warning that holds for the whole command, however often it is met. */
  warnOnce(text: string): void;
  /** A failure; the last line of the command. */
  failure(error: FailureWords): void;
  style(format: Style, text: string): string;
  /** Resolves once stdout takes more; rejects when the signal fires. Callers that write without an end await it between writes. */
  drained(signal?: AbortSignal): Promise<void>;
  close(): void;
}

export interface FailureWords {
  code: string;
  message: string;
  hint?: string | undefined;
  /** A person knows of it already: only programs are told. */
  isKnown?: boolean;
}

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

export interface OutputStreams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

const clearLine = '\r\u001b[2K';
const escape = '\u001b';

export function createOutput(
  streams: OutputStreams,
  /** With `encodeLine` stdout has JSON lines, else text for people. */
  options: { encodeLine?: ((line: JsonLine) => string) | undefined; startedMs: number; now: () => number },
): Output {
  const { encodeLine } = options;
  const json = encodeLine !== undefined;
  const { style, write } = createPen();
  const { stdout, stderr } = streams;
  const said = new Set<string>();
  let busyShown = false;
  const clear = () => {
    if (busyShown) stderr.write(clearLine);
    busyShown = false;
  };
  const say = (stream: OutputStreams['stdout'], text: string, show?: Show) => {
    clear();
    write(stream, text.endsWith('\n') ? text : `${text}\n`, show);
  };
  const sayLine = (line: JsonLine) => {
    clear();
    // For programs: every character as it came.
    stdout.write(`${encodeLine?.(line)}\n`);
  };
  const styled = (format: Style, text: string) => style(format, text, stderr);
  const elapsed = () => styled('dim', `${((options.now() - options.startedMs) / 1000).toFixed(1).padStart(5)}s`);
  const warn = (text: string) => say(stderr, `${styled('yellow', 'warning')}  ${text}`);

  const progress = (text: string) => {
    if (!json) say(stderr, `${elapsed()}  ${text}`);
  };

  return {
    json,
    progress,
    event(name, fields, human) {
      if (json) sayLine({ event: name, ...fields } as JsonLine);
      else if (human !== undefined) progress(human);
    },
    busy(text) {
      if (json || !stderr.isTTY) return;
      stderr.write(clearLine);
      write(stderr, `${elapsed()}  ${styled('dim', text)}`);
      busyShown = true;
    },
    result(line, human) {
      if (json) sayLine(line);
      else if (human !== '') say(stdout, human);
    },
    text(text) {
      if (!json) say(stdout, text);
    },
    logLine(line) {
      if (!json) say(stdout, line, visibleColouredText);
    },
    piece(text) {
      if (json) return;
      clear();
      write(stdout, text);
    },
    aside(text) {
      if (json) return;
      clear();
      write(stderr, text);
    },
    warn,
    warnOnce(text) {
      if (said.has(text)) return;
      said.add(text);
      warn(text);
    },
    failure({ isKnown = false, ...error }) {
      if (json) sayLine({ event: 'error', ok: false, error });
      if (!isKnown)
        say(stderr, `${styled('red', 'error')}  ${error.message}${error.hint ? `\n       ${error.hint}` : ''}`);
    },
    style: styled,
    drained: (signal) => untilWritable(stdout, signal),
    close: clear,
  };
}

type Show = (text: string) => string;

/** Marks its own escape sequences with a random id, which text from outside cannot know; every other escape becomes a visible sign on a terminal. */
function createPen() {
  const mark = `${escape}${randomUUID()}`;
  return {
    // styleText judges NO_COLOR, FORCE_COLOR and whether the stream is a terminal.
    style: (format: Style, text: string, stream: NodeJS.WritableStream) => {
      const [open = '', close = ''] = styleText(format, '\n', { stream: stream as NodeJS.WriteStream }).split('\n');
      return `${open.replaceAll(escape, mark)}${text}${close.replaceAll(escape, mark)}`;
    },
    write: (stream: OutputStreams['stdout'], text: string, show: Show = visibleText) => {
      const parts = text.split(mark);
      stream.write((stream.isTTY ? parts.map(show) : parts).join(escape));
    },
  };
}
