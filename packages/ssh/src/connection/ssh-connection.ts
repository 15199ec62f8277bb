// Everything one SSH connection can do, whichever driver carries it.

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
  /** How often a sign of life is asked for. Default 4 s. */
  keepaliveMs?: number;
  /** A silence of `(keepaliveCountMax + 1) * keepaliveMs` ends the connection. Default 2, which makes 12 s. */
  keepaliveCountMax?: number;
  /** A login of its own, also where the user's ssh has a connection to share. */
  isFresh?: boolean;
  /** Told how far the login is. Not by the system's ssh, which says nothing of that. */
  stages?: LoginStages;
}

export interface SshConnection extends AsyncDisposable {
  readonly label: string;
  readonly hostKey: HostKey;
  /** Settles when the connection has ended: with the first cause, or undefined when we closed it. Never rejects. */
  readonly closed: Promise<CodedError<SshErrorCode> | undefined>;
  /** Runs one command to its end and collects what it says. The account's login shell reads the command. */
  run(command: string, options?: RunOptions): Promise<CommandResult>;
  /** Starts a command and hands over its streams. An argv ends when its channel does; see streamCommand. */
  stream(command: string | readonly string[], options?: WaitOptions): Promise<RemoteProcess>;
  /** Puts a file there as a whole or not at all. */
  upload(source: UploadSource, remotePath: string, options: UploadOptions): Promise<void>;
  /** Has the server listen on a unix socket; `onConnection` owns each stream it is given. */
  listen(socketPath: string, onConnection: (stream: Duplex) => void, options?: WaitOptions): Promise<Listening>;
  /** Connects to a unix socket on the server. */
  dial(socketPath: string, options?: WaitOptions): Promise<Duplex>;
  /** Opens the gate's session channel, which also makes sshd set TCP_NODELAY. */
  gate(command: string, options?: WaitOptions): Promise<Gate>;
}
