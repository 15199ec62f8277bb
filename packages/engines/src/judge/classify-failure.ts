// Decides why an engine ended, from how it ended and what it said last. Pure. Exit codes alone say nothing: a vLLM
// whose core died exits with 0 (real-vLLM measurements, docs/architecture.md).

import { stripVTControlCharacters } from 'node:util';
import type { EngineFailure } from './engine-failure.ts';
import type { FailureWords } from './failure-words.ts';
import type { EngineSurroundings } from './known-failure.ts';
import { busErrorHint, nodeFailures, outOfMemoryHint } from './known-node-failures.ts';

export interface EngineEnd {
  code: number | null;
  signal: string | null;
  /** The engine's last lines, oldest first. */
  lines: readonly string[];
  surroundings: EngineSurroundings;
}

/** `(EngineCore pid=7) ERROR 11-21 02:00:21 [core.py:1] ` or nothing, then `some.module.SomeError: text`. */
const exceptionPattern =
  /^(?:\(\w[\w-]*(?: pid=\d+)?\) )?(?:\[rank\d+\]:\s*)?(?:ERROR \S+ \S+ \[\S+\] )?((?:\w+\.)*\w*(?:Error|Exception)): (.+)/;
const pydanticPattern = /^(?:\(\w[\w-]*(?: pid=\d+)?\) )?\s*Value error, (.+)/;
const workerPattern = /Worker failed with error '(.+)', please check the stack trace/;
/** Apptainer and Singularity. */
const containerPattern = /^FATAL:\s+(.+)/;
const busError = /^Fatal Python error: Bus error/;
const workerDied = /Worker proc (\S+) died unexpectedly \(exit code: (-?\d+|None)\)/;

const maxLastLines = 20;
const messageLimit = 600;

export function classifyFailure(end: EngineEnd, words: FailureWords): EngineFailure {
  const lastLines = end.lines.filter((line) => line.trim() !== '').slice(-maxLastLines);
  const usage = end.code === 2 ? firstMatch(end.lines, words.usage) : undefined;
  const cause = usage ?? firstCause(end.lines, words);
  const how = describeExit(end);
  if (cause === undefined) return { message: how, ...exitHint(end, words), fatal: end.code === 2, lastLines };
  const known = [...nodeFailures, ...words.known].find(({ pattern }) => pattern.test(cause));
  const hint = typeof known?.hint === 'function' ? known.hint(end.surroundings) : known?.hint;
  return {
    message: `${how}: ${cause.slice(0, messageLimit)}`,
    ...(hint === undefined ? exitHint(end, words) : { hint }),
    fatal: end.code === 2 || (known?.fatal ?? false),
    lastLines,
  };
}

/** The first specific exception; wrappers say what is known already. */
function firstCause(lines: readonly string[], { wrappers, weak }: FailureWords): string | undefined {
  const causes = lines.map((line) => causeIn(line, wrappers)).filter((cause) => cause !== undefined);
  return causes.find((cause) => weak?.test(cause) !== true) ?? causes[0];
}

function causeIn(coloured: string, wrappers: RegExp | undefined): string | undefined {
  const line = stripVTControlCharacters(coloured);
  const container = containerPattern.exec(line);
  if (container) return `FATAL: ${container[1]}`;
  const died = workerDied.exec(line);
  if (died) return `worker ${died[1]} died (exit code ${died[2]})`;
  if (busError.test(line)) return line;
  const pydantic = pydanticPattern.exec(line);
  if (pydantic) return pydantic[1];
  const exception = exceptionPattern.exec(line);
  if (!exception || wrappers?.test(line) === true) return undefined;
  const worker = workerPattern.exec(line);
  return worker ? worker[1] : `${exception[1]!.split('.').at(-1)}: ${exception[2]}`;
}

function firstMatch(lines: readonly string[], pattern: RegExp | undefined): string | undefined {
  if (!pattern) return undefined;
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match) return match[1];
  }
  return undefined;
}

function describeExit({ code, signal }: EngineEnd): string {
  if (signal !== null) return `the engine was killed by ${signal}`;
  if (code === 0) return 'the engine ended by itself (exit code 0)';
  return `the engine failed (exit code ${code})`;
}

/** A wrapper around the engine, a shell or a container, tells of a signal as 128 and its number. */
function exitHint({ signal, code, lines, surroundings }: EngineEnd, { ownLine }: FailureWords): { hint?: string } {
  if (signal === 'SIGKILL' || code === 137) return { hint: outOfMemoryHint };
  if (signal === 'SIGBUS' || code === 135) return { hint: busErrorHint };
  if (code === 0 && !(ownLine && lines.some((line) => ownLine.test(line)))) return { hint: wrapperHint(surroundings) };
  return {};
}

function wrapperHint({ engine }: EngineSurroundings): string {
  return `A script in \`engines.${engine}.command\` has to end with \`exec\` of the engine, or to stay until the engine ends and exit with its code.`;
}
