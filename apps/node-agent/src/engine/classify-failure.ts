// Decides why an engine ended, from how it ended and what it said last. Pure. Exit codes alone say nothing: a vLLM
// whose core died exits with 0 (real-vLLM measurements, docs/architecture.md).

import type { EngineFailure } from '../supervisor/supervisor-state.ts';
import { KNOWN_FAILURES } from './known-failures.ts';

export interface EngineEnd {
  code: number | null;
  signal: string | null;
  /** The engine's last lines, oldest first. */
  lines: readonly string[];
}

/** `(EngineCore pid=7) ERROR 11-21 02:00:21 [core.py:1] ` or nothing, then `some.module.SomeError: text`. */
const EXCEPTION = /^(?:\(\w[\w-]*(?: pid=\d+)?\) )?(?:ERROR \S+ \S+ \[\S+\] )?((?:\w+\.)*\w*(?:Error|Exception)): (.+)/;
const PYDANTIC = /^(?:\(\w[\w-]*(?: pid=\d+)?\) )?\s*Value error, (.+)/;
const USAGE = /^vllm(?: serve)?: error: (.+)/;
const WORKER = /Worker failed with error '(.+)', please check the stack trace/;
const WORKER_DIED = /Worker proc (\S+) died unexpectedly \(exit code: (-?\d+|None)\)/;

/** Exceptions that only say that another one happened. */
const WRAPPERS =
  /EngineDeadError|Engine core initialization failed|RuntimeError: cancelled|RuntimeError: Executor failed|WorkerProc initialization failed|ValidationError: \d+ validation error/;

const LAST_LINES = 20;
const MESSAGE_LIMIT = 600;

export function classifyFailure(end: EngineEnd): EngineFailure {
  const lastLines = end.lines.filter((line) => line.trim() !== '').slice(-LAST_LINES);
  const usage = end.code === 2 ? firstMatch(end.lines, USAGE) : undefined;
  const cause = usage ?? firstCause(end.lines);
  const how = describeExit(end);
  if (cause === undefined) return { message: how, ...exitHint(end), fatal: end.code === 2, lastLines };
  const known = KNOWN_FAILURES.find(({ pattern }) => pattern.test(cause));
  return {
    message: `${how}: ${cause.slice(0, MESSAGE_LIMIT)}`,
    ...(known ? { hint: known.hint } : {}),
    fatal: end.code === 2 || (known?.fatal ?? false),
    lastLines,
  };
}

/** The first specific exception; wrappers say what is known already. */
function firstCause(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const died = WORKER_DIED.exec(line);
    if (died) return `worker ${died[1]} died (exit code ${died[2]})`;
    const pydantic = PYDANTIC.exec(line);
    if (pydantic) return pydantic[1];
    const exception = EXCEPTION.exec(line);
    if (!exception || WRAPPERS.test(line)) continue;
    const worker = WORKER.exec(line);
    return worker ? worker[1] : `${exception[1]!.split('.').at(-1)}: ${exception[2]}`;
  }
  return undefined;
}

function firstMatch(lines: readonly string[], pattern: RegExp): string | undefined {
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

/** A wrapper around the engine, a shell or a container, tells of a SIGKILL as 128 + 9. */
function exitHint({ signal, code }: EngineEnd): { hint?: string } {
  if (signal !== 'SIGKILL' && code !== 137) return {};
  return { hint: 'Most often the node ran out of memory. Ask for more (--mem), and see the job log for oom_kill.' };
}
