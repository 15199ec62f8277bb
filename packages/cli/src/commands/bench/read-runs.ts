// Reads runs of `fairlead bench --json` that were kept in files, to compare with. Each line `bench.done` of a file is a run.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { CodedError, errorText } from '@fairlead/kit';

import type { CliErrorCode } from '../../cli-error.ts';
import { benchRun, type BenchRun } from '../../output/lines/bench-lines.ts';

/** Throws `usage` for a file that cannot be read or has no run. */
export async function readRuns(path: string, cwd: string): Promise<BenchRun[]> {
  const file = resolve(cwd, path);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrongFile(file, errorText(error), error);
  });
  const runs = parseRuns(text);
  if (runs.length === 0) throw wrongFile(file, 'it has no line of a finished run');
  return runs;
}

export function parseRuns(text: string): BenchRun[] {
  return text.split('\n').flatMap((line) => {
    const run = line.includes('"bench.done"') ? benchRun.safeParse(parseJson(line)) : undefined;
    return run?.success ? [run.data] : [];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function wrongFile(file: string, why: string, cause?: unknown): CodedError<CliErrorCode> {
  return new CodedError('usage', `cannot read a run of fairlead bench from ${file}: ${why}`, {
    hint: 'Keep one with: fairlead bench <name> --json > run.jsonl',
    cause,
  });
}
