// The CLI as a person starts it: a process of its own, in a process group of its own, read line by line.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { programArgs } from './programs.ts';
import { watchLines } from './watch-lines.ts';

export type JsonLine = Record<string, unknown> & { event?: string };

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface StartCliOptions {
  env: Record<string, string>;
  cwd: string;
  /** Written to its standard input, which then ends; absent: there is none to read. */
  stdin?: string | Buffer;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  /** Resolves with the first line of stdout, past or to come, for which `match` holds; rejects when the command ends without. */
  line(match: (line: string) => boolean): Promise<string>;
  readonly ended: Promise<CliResult>;
  /** What it has said on stderr so far. */
  stderr(): string;
  /** Sends a signal to the command and all that it started. */
  signal(name: NodeJS.Signals): void;
}

/** `args` as typed after `fairlead`. */
export function startCli(args: readonly string[], options: StartCliOptions): RunningCli {
  const child = spawn(process.execPath, [...programArgs('cli'), ...args], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A command that fails before it has read its input is judged by what it says.
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.stdin?.end(options.stdin);
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('the command has no output');
  const said = { stdout: '', stderr: '' };
  stdout.on('data', (chunk) => (said.stdout += String(chunk)));
  stderr.on('data', (chunk) => (said.stderr += String(chunk)));
  const watched = watchLines(stdout);
  const ended = Promise.all([once(child, 'close'), watched.closed]).then(([[code]]) => ({
    code: code as number | null,
    ...said,
  }));
  return {
    child,
    lines: watched.lines,
    ended,
    stderr: () => said.stderr,
    signal: (name) => process.kill(-(child.pid ?? 0), name),
    line: (match) =>
      watched.line(
        match,
        ended.then(({ code }) => `it ended with ${code} before: ${said.stderr}`),
      ),
  };
}

/** What a command with `--json` printed. */
export function parseJsonLines(stdout: string): JsonLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLine);
}
