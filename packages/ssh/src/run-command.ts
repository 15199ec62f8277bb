// Runs one remote command to its end: sends its input, collects its output, limits time and size.

import { pipeline, type Readable } from 'node:stream';
import { anySignal, openTimeLimit } from '@fairlead/kit';
import type { CommandExit, ExecChannel, ExecHost } from './open-exec.ts';
import { sshError } from './ssh-error.ts';

export interface RunOptions {
  stdin?: string | Buffer | Readable | undefined;
  signal?: AbortSignal | undefined;
  /** For the whole command. Default 60 s. */
  timeoutMs?: number | undefined;
  /** Of stdout and stderr together. Default 16 MiB. */
  maxOutputBytes?: number | undefined;
  /** `latin1` keeps every byte. Default `utf8`. */
  encoding?: 'utf8' | 'latin1' | undefined;
}

export interface CommandResult extends CommandExit {
  stdout: string;
  stderr: string;
}

const defaultTimeoutMs = 60_000;
const defaultMaxOutputBytes = 16 * 1024 * 1024;

export async function runCommand(host: ExecHost, command: string, options: RunOptions = {}): Promise<CommandResult> {
  const { timeoutMs = defaultTimeoutMs, maxOutputBytes = defaultMaxOutputBytes } = options;
  using limit = openTimeLimit(host.clock, timeoutMs, () =>
    sshError('timeout', `cannot wait for the command on ${host.label} because it took more than ${timeoutMs} ms`, {
      retryable: true,
    }),
  );
  const signal = anySignal(limit.signal, options.signal);
  const exec = await host.exec(command, { signal });
  const onAbort = () => giveUp(exec, signal);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    feed(exec, options.stdin);
    return await collect(host, exec, { maxOutputBytes, signal, encoding: options.encoding ?? 'utf8' });
  } finally {
    signal.removeEventListener('abort', onAbort);
    exec.stream.destroy();
  }
}

/** Asks the command to stop, then closes its channel. */
function giveUp(exec: ExecChannel, signal: AbortSignal): void {
  exec.signal('TERM');
  exec.stream.destroy(signal.reason instanceof Error ? signal.reason : undefined);
}

function feed({ stream }: ExecChannel, stdin: RunOptions['stdin']): void {
  if (stdin === undefined || typeof stdin === 'string' || Buffer.isBuffer(stdin)) {
    stream.end(stdin ?? '');
    return;
  }
  // A failing input destroys the channel: the command must not take a part of its input for all of it.
  pipeline(stdin, stream, () => undefined);
}

async function collect(
  host: ExecHost,
  exec: ExecChannel,
  limits: { maxOutputBytes: number; signal: AbortSignal; encoding: BufferEncoding },
): Promise<CommandResult> {
  let sizeBytes = 0;
  const take = async (stream: Readable): Promise<string> => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > limits.maxOutputBytes) {
        exec.stream.destroy(
          sshError('output_too_large', `cannot take more than ${limits.maxOutputBytes} bytes from one command`),
        );
      }
    });
    await ended(stream);
    return Buffer.concat(chunks).toString(limits.encoding);
  };
  const { promise: cut, reject } = Promise.withResolvers<never>();
  exec.stream.once('close', () => {
    if (exec.stream.errored) reject(exec.stream.errored);
    else if (!exec.stream.readableEnded) reject(limits.signal.aborted ? limits.signal.reason : host.ended.reason);
  });
  const [stdout, stderr, exit] = await Promise.race([
    Promise.all([take(exec.stream), take(exec.stderr), exec.exited]),
    cut,
  ]);
  return { ...exit, stdout, stderr };
}

function ended(stream: Readable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (stream.readableEnded) resolve();
  else stream.once('end', resolve);
  return promise;
}
