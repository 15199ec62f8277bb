// Runs Slurm's commands somewhere: here as child processes, elsewhere over SSH.

import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

import { schedulerError } from './scheduler-error.ts';

export interface CommandRunner {
  /**
   * Resolves with the command's output, whatever its exit code; `code` is null when a signal ended it or the time was
   * up (`timedOut`). Rejects when the command could not be started or its host be reached, and when aborted.
   */
  run(argv: readonly string[], options?: CommandOptions): Promise<RunResult>;
}

export interface CommandOptions {
  stdin?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
  /** Of each stream. The command is ended and run() rejects with output_too_large when it prints more. */
  maxOutputBytes?: number;
  signal?: AbortSignal;
}

export interface RunResult {
  code: number | null;
  stdout: string;
  stderr: string;
  timedOut?: boolean;
}

export function createLocalRunner(): CommandRunner {
  return { run: runHere };
}

async function runHere(argv: readonly string[], options: CommandOptions = {}): Promise<RunResult> {
  const { signal, stdin, timeoutMs } = options;
  signal?.throwIfAborted();
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { env: { ...process.env, ...options.env }, stdio: 'pipe' });
  const kill = () => {
    child.kill('SIGKILL');
    // A child of the command may hold the other ends open: `close` must not wait for it.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const stdout = collect(child.stdout, options.maxOutputBytes, kill);
  const stderr = collect(child.stderr, options.maxOutputBytes, kill);
  // A command that does not read its input closes the pipe first; its exit code says what happened.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(stdin ?? '');
  let timedOut = false;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          kill();
        }, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  try {
    const code = await promise;
    signal?.throwIfAborted();
    const result = { code, stdout: stdout(), stderr: stderr() };
    return timedOut ? { ...result, timedOut } : result;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

/** Returns a function that gives the stream's text, or throws where it was longer than `maxBytes`; `onTooMuch` is called once, at that moment. */
function collect(stream: Readable, maxBytes = Number.POSITIVE_INFINITY, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (sizeBytes > maxBytes) return;
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) onTooMuch();
    else chunks.push(chunk);
  });
  return () => {
    if (sizeBytes <= maxBytes) return String(Buffer.concat(chunks));
    throw schedulerError('output_too_large', `cannot take more than ${maxBytes} bytes from one command`);
  };
}
