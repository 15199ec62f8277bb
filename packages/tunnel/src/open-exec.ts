// Starts one command in a session channel and keeps its three streams and its exit together.

import type { Readable } from 'node:stream';
import { type CodedError, errorText, isCodedError } from '@fairlead/kit';
import type { ClientChannel } from 'ssh2';
import type { ChannelStream } from './connection/channel-stream.ts';
import type { SshLink, WaitOptions } from './connection/ssh-link.ts';
import { type TunnelErrorCode, tunnelError } from './tunnel-error.ts';

export interface CommandExit {
  /** Null when a signal ended the command, or when the server did not say. */
  code: number | null;
  signal: string | undefined;
}

export interface ExecChannel {
  /** Stdin and stdout. */
  stream: ChannelStream;
  stderr: Readable;
  /** Resolves when the command has ended; rejects with the cause when the connection was lost before. */
  exited: Promise<CommandExit>;
  /** Asks the server to signal the command's process group; not every server does. */
  signal(name: 'TERM' | 'KILL' | 'INT'): void;
}

export async function openExec(link: SshLink, command: string, wait: WaitOptions = {}): Promise<ExecChannel> {
  const { promise: exited, resolve, reject } = Promise.withResolvers<CommandExit>();
  // Those who only use the streams need not wait for the exit.
  exited.catch(() => undefined);
  const opening = link.openChannel<ClientChannel>(
    (callback) =>
      link.client.exec(command, (error, opened) => {
        // Before anything else happens: a short command's exit comes in the same packet as its start.
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
    throw link.ended.aborted || wait.signal?.aborted || isCodedError(error) ? error : refused(link, error);
  });
  const stream = link.adopt(channel, 'peer-closes');
  stream.once('close', () => channel.stderr.resume());
  return { stream, stderr: channel.stderr, exited, signal: (name) => channel.signal(name) };
}

function refused(link: SshLink, cause: unknown): CodedError<TunnelErrorCode> {
  return tunnelError('remote_command_failed', `cannot start a command on ${link.label}: ${errorText(cause)}`, {
    hint: 'The server allows only so many sessions over one connection (sshd_config: MaxSessions), or no commands at all.',
    retryable: true,
    cause,
  });
}
