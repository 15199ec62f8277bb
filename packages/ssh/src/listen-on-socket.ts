// A reverse forward on a unix socket (streamlocal-forward@openssh.com): the server listens, streams arrive here.

import type { Duplex } from 'node:stream';
import { type CodedError, errorText, isCodedError } from '@fairlead/kit';
import type { AcceptConnection, RejectConnection, UNIXConnectionDetails } from 'ssh2';
import { serverSoftware } from './connection/ssh2-internals.ts';
import type { SshLink, WaitOptions } from './connection/ssh-link.ts';
import { type SshErrorCode, sshError } from './ssh-error.ts';

export interface Listening extends AsyncDisposable {
  /** The path as the caller gave it. sshd does not remove the file when it stops listening. */
  readonly path: string;
}

export interface ListenRequest {
  socketPath: string;
  onConnection: (stream: Duplex) => void;
}

export async function listenOnSocket(link: SshLink, request: ListenRequest, wait?: WaitOptions): Promise<Listening> {
  const { socketPath } = request;
  refuseLongPath(socketPath);
  const onOpen = (info: UNIXConnectionDetails, accept: AcceptConnection, reject: RejectConnection) => {
    if (info.socketPath !== socketPath) return;
    if (link.ended.aborted) reject();
    else request.onConnection(link.adopt(accept()));
  };
  const { noteCount } = link;
  link.client.on('unix connection', onOpen);
  try {
    await link.request<void>((callback) => link.client.openssh_forwardInStreamLocal(socketPath, callback), {
      what: `listen on ${socketPath}`,
      ...wait,
    });
  } catch (error) {
    link.client.off('unix connection', onOpen);
    if (link.ended.aborted || wait?.signal?.aborted) throw error;
    throw listenError(link, socketPath, { cause: error, notes: link.notesSince(noteCount) });
  }
  return { path: socketPath, [Symbol.asyncDispose]: () => stopListening(link, socketPath, onOpen) };
}

async function stopListening(
  link: SshLink,
  socketPath: string,
  onOpen: (info: UNIXConnectionDetails, accept: AcceptConnection, reject: RejectConnection) => void,
): Promise<void> {
  if (!link.ended.aborted) {
    const stopped = link.request<void>((callback) => link.client.openssh_unforwardInStreamLocal(socketPath, callback), {
      what: `stop listening on ${socketPath}`,
      timeoutMs: 5_000,
    });
    await unlessGone(stopped);
  }
  link.client.off('unix connection', onOpen);
}

/** Ignores the failures after which no listener outlives the connection: the server is gone, does not answer, or has no such listener. */
export async function unlessGone(stopping: Promise<void>): Promise<void> {
  try {
    await stopping;
  } catch (error) {
    const isRefusal = errorText(error).startsWith('Unable to unbind from');
    if (!isRefusal && !isCodedError<SshErrorCode>(error, 'connection_lost', 'timeout')) throw error;
  }
}

/** sun_path holds 108 bytes on Linux and 104 elsewhere, with a NUL at the end; sshd refuses a longer path. */
export function refuseLongPath(socketPath: string): void {
  const sizeBytes = Buffer.byteLength(socketPath);
  if (sizeBytes <= 103) return;
  throw sshError('socket_path_too_long', `cannot use ${socketPath} as a socket because it has ${sizeBytes} bytes`, {
    hint: 'Socket paths may have 103 bytes. Use a shorter directory.',
  });
}

function listenError(
  link: SshLink,
  socketPath: string,
  got: { cause: unknown; notes: string[] },
): CodedError<SshErrorCode> {
  const what = `cannot listen on ${socketPath} on ${link.label}`;
  const { cause, notes } = got;
  if (notes.some((note) => /disabled streamlocal/i.test(note))) {
    return sshError('forward_forbidden', `${what} because the server forbids socket forwarding`, {
      hint: 'Its operator must allow it for this account: sshd_config AllowStreamLocalForwarding yes (or remote) and DisableForwarding no; the key needs `port-forwarding` in authorized_keys.',
      cause,
    });
  }
  if (serverSoftware(link.client).startsWith('OpenSSH')) {
    return sshError('socket_exists', `${what} because the server could not make the socket: ${errorText(cause)}`, {
      hint: 'Either the path exists already (sshd never removes a socket, and we do not ask it to replace one), or its directory is missing or not writable.',
      cause,
    });
  }
  return sshError('forward_forbidden', `${what}: ${errorText(cause)}`, {
    hint: 'The path may exist already or its directory be missing; or the server forbids it (sshd_config: AllowStreamLocalForwarding, DisableForwarding; authorized_keys: port-forwarding).',
    cause,
  });
}
