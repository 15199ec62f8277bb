// What one SSH connection offers, with either driver.

import type { Duplex } from 'node:stream';
import type { Clock, CodedError, Log } from '@fairlead/kit';
import type { HostKey } from '../host-key/host-key.ts';
import type { Listening } from '../listen-on-socket.ts';
import type { Gate } from '../open-gate.ts';
import type { CommandResult, RunOptions } from '../run-command.ts';
import type { SshErrorCode } from '../ssh-error.ts';
import type { RemoteProcess } from '../stream-command.ts';
import type { UploadOptions, UploadSource } from '../upload-file.ts';
import type { LoginStages } from './open-link.ts';
import type { WaitOptions } from './ssh-link.ts';

export interface OpenSshOptions {
  signal?: AbortSignal | undefined;
  clock?: Clock;
  log?: Log;
  /** Interval of the keepalives. Default 4 s. */
  keepaliveMs?: number;
  /** A silence of `(keepaliveCountMax + 1) * keepaliveMs` ends the connection. Default 2, so 12 s. */
  keepaliveCountMax?: number;
  /** Always makes a new login, even if the user's ssh has a connection to share. */
  isFresh?: boolean;
  /** Called during the login; not with the system's ssh, which does not report its steps. */
  stages?: LoginStages;
}

export interface SshConnection extends AsyncDisposable {
  readonly label: string;
  readonly hostKey: HostKey;
  /** Resolves when the connection has ended: with the first cause, or undefined if this side closed it. Never rejects. */
  readonly closed: Promise<CodedError<SshErrorCode> | undefined>;
  /** Runs one command to its end and collects its output. The account's login shell reads the command. */
  run(command: string, options?: RunOptions): Promise<CommandResult>;
  /** Starts a command and resolves with its streams; the caller disposes the process. See streamCommand. */
  stream(command: string | readonly string[], options?: WaitOptions): Promise<RemoteProcess>;
  /** Writes a whole file there, or nothing. */
  upload(source: UploadSource, remotePath: string, options: UploadOptions): Promise<void>;
  /** Makes the server listen on a unix socket until the result is disposed; `onConnection` owns each stream that it receives. */
  listen(socketPath: string, onConnection: (stream: Duplex) => void, options?: WaitOptions): Promise<Listening>;
  /** Connects to a unix socket on the server. The caller owns the stream. */
  dial(socketPath: string, options?: WaitOptions): Promise<Duplex>;
  /** Opens the gate's session channel; the caller disposes the gate. A session channel also makes sshd set TCP_NODELAY. */
  gate(command: string, options?: WaitOptions): Promise<Gate>;
}
