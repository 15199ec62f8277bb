// Runs a program to its end and collects its output; the testbed starts all its own short commands here.

import { spawn } from 'node:child_process';
import { shellJoin } from '@fairlead/kit';
import { TestbedError } from '../errors.ts';

export interface FinishedCommand {
  /** The exit status; 128 + the signal's number for a command that a signal ended. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunArgvOptions {
  stdin?: string | Buffer;
  signal?: AbortSignal;
}

export async function runArgv(argv: readonly string[], options: RunArgvOptions = {}): Promise<FinishedCommand> {
  const { promise, resolve, reject } = Promise.withResolvers<FinishedCommand>();
  const child = spawn(argv[0]!, argv.slice(1), {
    stdio: 'pipe',
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    // The program ended before it read all of its input: its exit status tells the result.
    if (error.code !== 'EPIPE') reject(error);
  });
  child.on('error', reject);
  child.on('close', (code) => {
    resolve({ code: code ?? 255, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
  });
  child.stdin.end(options.stdin ?? '');
  return promise;
}

/** Like runArgv, but throws `command_failed` on any exit status except 0. Returns stdout. */
export async function mustRun(argv: readonly string[], options: RunArgvOptions = {}): Promise<string> {
  const finished = await runArgv(argv, options);
  if (finished.code === 0) return finished.stdout;
  const shown = shellJoin(argv).slice(0, 300);
  throw new TestbedError('command_failed', `cannot run ${shown}: exit ${finished.code}: ${finished.stderr.trim()}`);
}
