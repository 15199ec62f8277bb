// Where a command's words go: people read progress on stderr and results on stdout; with --json stdout has one object a line.

import { visibleColouredText, visibleText } from '@fairlead/kit';

import type { JsonLine, LineFields, LineName } from './lines/json-line.ts';
import { createPrinter, type OutputStreams, type Style } from './printer.ts';
import { untilWritable } from './until-writable.ts';

export interface Output {
  readonly json: boolean;
  /** A fact during a long command: a JSON line, or a line of progress for people. */
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
  failure(error: ShownFailure): void;
  style(format: Style, text: string): string;
  /** Resolves once stdout takes more; rejects when the signal fires. Callers that write without an end await it between writes. */
  drained(signal?: AbortSignal): Promise<void>;
  close(): void;
}

export interface ShownFailure {
  code: string;
  message: string;
  hint?: string | undefined;
  /** The person has seen it already: only a JSON line is written. */
  isKnown?: boolean;
}

export function createOutput(
  streams: OutputStreams,
  /** With `encodeLine` stdout has JSON lines, else text for people. */
  options: { encodeLine?: ((line: JsonLine) => string) | undefined; startedMs: number; now: () => number },
): Output {
  const { encodeLine } = options;
  const json = encodeLine !== undefined;
  const { stdout, stderr } = streams;
  const printer = createPrinter(streams);
  const { style } = printer;
  const said = new Set<string>();
  const elapsed = () => style('dim', `${((options.now() - options.startedMs) / 1000).toFixed(1).padStart(5)}s`);
  const record = (line: JsonLine) => printer.record(stdout, `${encodeLine?.(line)}`);
  const warn = (text: string) => printer.line(stderr, `${style('yellow', 'warning')}  ${text}`);
  const progress = (text: string) => {
    if (!json) printer.line(stderr, `${elapsed()}  ${text}`);
  };
  return {
    json,
    progress,
    event(name, fields, human) {
      if (json) record({ event: name, ...fields } as JsonLine);
      else if (human !== undefined) progress(human);
    },
    busy(text) {
      if (!json && stderr.isTTY) printer.busy(`${elapsed()}  ${style('dim', text)}`);
    },
    result(line, human) {
      if (json) record(line);
      else if (human !== '') printer.line(stdout, human);
    },
    text(text) {
      if (!json) printer.line(stdout, text);
    },
    logLine(line) {
      if (!json) printer.line(stdout, line, visibleColouredText);
    },
    piece(text) {
      if (!json) printer.piece(stdout, text);
    },
    aside(text) {
      if (!json) printer.piece(stderr, text);
    },
    warn,
    warnOnce(text) {
      if (said.has(text)) return;
      said.add(text);
      warn(text);
    },
    failure({ isKnown = false, ...error }) {
      if (json) record({ event: 'error', ok: false, error });
      const hint = error.hint ? `\n       ${error.hint}` : '';
      // It quotes what was typed. Also in a pipe: a log of it may be shown on a terminal later.
      if (!isKnown) printer.line(stderr, `${style('red', 'error')}  ${visibleText(error.message + hint)}`);
    },
    style,
    drained: (signal) => untilWritable(stdout, signal),
    close: () => printer.clear(),
  };
}
