// A command of the built CLI without a process of its own: packages/cli/src/testing/run-command.ts, as scripts/build-for-tests.ts builds it.

import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { programFile } from './programs.ts';
import type { CliResult } from './start-cli.ts';

export type RunCommand = (
  args: readonly string[],
  options: { env: Record<string, string>; cwd: string; signal: AbortSignal },
) => Promise<CliResult>;

/** Absent where the tests have built no programs. */
export async function loadRunCommand(): Promise<RunCommand | undefined> {
  const program = programFile('cli');
  if (program.endsWith('.ts')) return undefined;
  const built = pathToFileURL(join(dirname(program), 'run-command.mjs')).href;
  return ((await import(built)) as { runCommand: RunCommand }).runCommand;
}
