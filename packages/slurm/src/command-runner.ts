// Runs Slurm's commands somewhere: here as child processes, elsewhere over SSH.

import { spawn } from 'node:child_process';

export interface CommandRunner {
  /**
   * Resolves with what the command said, whatever its exit code; `code` is null when a signal ended it or the time was
   * up (`timedOut`). Rejects when the command could not be started or its host be reached, and when aborted.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
}

export interface RunOptions {
  stdin?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
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

async function runHere(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { signal, stdin, timeoutMs } = options;
  signal?.throwIfAborted();
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { env: { ...process.env, ...options.env }, stdio: 'pipe' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that does not read its input closes the pipe first; its exit code says what happened.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(stdin ?? '');
  let timedOut = false;
  const kill = () => child.kill('SIGKILL');
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
    const result = { code, stdout: String(Buffer.concat(stdout)), stderr: String(Buffer.concat(stderr)) };
    return timedOut ? { ...result, timedOut } : result;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}
