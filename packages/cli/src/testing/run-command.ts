// A command in this process instead of one of its own, for tests that are about what a command does and not about its process:
// no start, no signals, no terminal. scripts/build-for-tests.ts builds it beside the program.

import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

import { silentLog, systemClock } from '@fairlead/kit';

import type { Context } from '../context.ts';
import { runProgram } from '../run-program.ts';

export interface CommandOptions {
  /** The whole environment; has HOME. */
  env: Record<string, string>;
  cwd: string;
  /** Ends the command as Ctrl-C does. */
  signal: AbortSignal;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** `fairlead <args>` with nothing on its standard input, to its end. Never rejects. */
export async function runCommand(
  args: readonly string[],
  { env, cwd, signal }: CommandOptions,
): Promise<CommandResult> {
  const streams = { stdin: new PassThrough().end(), stdout: new PassThrough(), stderr: new PassThrough() };
  const said = Promise.all([text(streams.stdout), text(streams.stderr)]);
  const code = await runProgram({
    // Built, it lies in `dist`.
    version: versionOf(
      new URL(import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json', import.meta.url),
    ),
    args,
    startedMs: systemClock.monotonicMs(),
    currentFolder: () => cwd,
    onInterrupt: () => undefined,
    env,
    home: env['HOME'] ?? cwd,
    nodePath: process.execPath,
    nodeVersion: process.versions.node,
    platform: process.platform,
    pid: process.pid,
    clock: systemClock,
    log: silentLog,
    signal,
    // They are no terminals, and nothing reads more of them than a stream has.
    streams: streams as unknown as Context['streams'],
    takeSignals: () => ({ [Symbol.dispose]: () => undefined }),
    watchReader: () => ({ [Symbol.dispose]: () => undefined }),
  });
  streams.stdout.end();
  streams.stderr.end();
  const [stdout, stderr] = await said;
  return { code, stdout, stderr };
}

function versionOf(packageFile: URL): string {
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
}
