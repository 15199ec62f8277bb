// Starts one command in a session channel and keeps its three streams and its exit together.

import type { Duplex, Readable } from 'node:stream';
import { type Clock, type CodedError, errorText, isCodedError, markHandled } from '@fairlead/kit';
import type { ClientChannel } from 'ssh2';
import type { SshLink, WaitOptions } from './connection/ssh-link.ts';
import { type SshErrorCode, sshError } from './ssh-error.ts';

export interface CommandExit {
  /** Null when a signal ended the command, or when the server did not say. */
  code: number | null;
  signal: string | undefined;
}

export interface ExecChannel {
  /** Stdin and stdout. */
  stream: Duplex;
  stderr: Readable;
  /** Resolves when the command has ended. Rejects with the cause if the connection was lost before that. */
  exited: Promise<CommandExit>;
  /** Asks the server to signal the command's process group; not every server does. */
  signal(name: 'TERM' | 'KILL' | 'INT'): void;
}

/** A connection of either driver, as the code that starts commands sees it. */
export interface ExecHost {
  readonly label: string;
  /** Fires when the connection has ended or is about to. */
  readonly ended: AbortSignal;
  readonly clock: Clock;
  exec(command: string, wait?: WaitOptions): Promise<ExecChannel>;
}

export async function openExec(link: SshLink, command: string, wait: WaitOptions = {}): Promise<ExecChannel> {
  const { promise: exited, resolve, reject } = Promise.withResolvers<CommandExit>();
  // A caller that uses only the streams does not await `exited`.
  markHandled(exited);
  const opening = link.openChannel<ClientChannel>(
    (callback) =>
      link.client.exec(command, (error, opened) => {
        // Listens at once: the exit of a short command arrives in the same packet as its start.
        opened?.once('exit', (code: number | null, signal?: string) => resolve({ code, signal }));
        opened?.once('close', () => {
          if (link.ended.aborted) reject(link.ended.reason);
          else resolve({ code: null, signal: undefined });
        });
        callback(error, opened);
      }),
    { what: 'start a command', ...wait },
  );
  const channel = await opening.catch((error: unknown) => {
    throw link.ended.aborted || wait.signal?.aborted || isCodedError(error) ? error : execRefused(link.label, error);
  });
  const stream = link.adopt(channel, 'peer-closes');
  stream.once('close', () => channel.stderr.resume());
  return { stream, stderr: channel.stderr, exited, signal: (name) => channel.signal(name) };
}

export function execRefused(label: string, cause: unknown): CodedError<SshErrorCode> {
  return sshError('remote_command_failed', `cannot start a command on ${label}: ${errorText(cause)}`, {
    hint: 'The server limits the sessions of one connection (sshd_config: MaxSessions), or allows no commands.',
    retryable: true,
    cause,
  });
}
