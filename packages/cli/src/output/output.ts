// Where a command's words go: people read progress on stderr and results on stdout; with --json stdout has one object a line.

import { styleText } from 'node:util';

export interface Output {
  readonly json: boolean;
  /** A fact of a long command: a JSON line, or a line of progress for people. */
  event(name: string, fields: Record<string, unknown>, human?: string): void;
  /** What is going on right now; replaced by the next one on a terminal, left out elsewhere. */
  busy(text: string): void;
  /** The command's result: the last JSON line, or text on stdout. */
  result(value: Record<string, unknown>, human: string): void;
  /** Text that belongs to the result as it is (logs, scripts). In JSON mode it is left out. */
  text(text: string): void;
  /** A piece of the result as it comes, without an end of line. In JSON mode it is left out. */
  piece(text: string): void;
  warn(text: string): void;
  /** A failure; the last line of the command. */
  failure(error: FailureWords): void;
  style(format: Style, text: string): string;
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

const CLEAR_LINE = '\r\u001b[2K';

export function createOutput(
  streams: OutputStreams,
  options: { json: boolean; startedMs: number; now: () => number },
): Output {
  const { stdout, stderr } = streams;
  let busyShown = false;
  const clear = () => {
    if (busyShown) stderr.write(CLEAR_LINE);
    busyShown = false;
  };
  const say = (stream: NodeJS.WritableStream, text: string) => {
    clear();
    stream.write(text.endsWith('\n') ? text : `${text}\n`);
  };
  // styleText judges NO_COLOR, FORCE_COLOR and whether the stream is a terminal.
  const style = (format: Style, text: string) => styleText(format, text, { stream: stderr as NodeJS.WriteStream });
  const elapsed = () => style('dim', `${((options.now() - options.startedMs) / 1000).toFixed(1).padStart(5)}s`);

  return {
    json: options.json,
    event(name, fields, human) {
      if (options.json) say(stdout, JSON.stringify({ event: name, ...fields }));
      else if (human !== undefined) say(stderr, `${elapsed()}  ${human}`);
    },
    busy(text) {
      if (options.json || !stderr.isTTY) return;
      stderr.write(`${CLEAR_LINE}${elapsed()}  ${style('dim', text)}`);
      busyShown = true;
    },
    result(value, human) {
      if (options.json) say(stdout, JSON.stringify(value));
      else if (human !== '') say(stdout, human);
    },
    text(text) {
      if (!options.json) say(stdout, text);
    },
    piece(text) {
      if (options.json) return;
      clear();
      stdout.write(text);
    },
    warn(text) {
      say(stderr, `${style('yellow', 'warning')}  ${text}`);
    },
    failure({ isKnown = false, ...error }) {
      if (options.json) say(stdout, JSON.stringify({ event: 'error', ok: false, error }));
      if (!isKnown)
        say(stderr, `${style('red', 'error')}  ${error.message}${error.hint ? `\n       ${error.hint}` : ''}`);
    },
    style,
    close: clear,
  };
}
