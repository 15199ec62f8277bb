// The second hop: a stream to a unix socket on the server (OpenSSH's PROTOCOL, direct-streamlocal@openssh.com).

import type { Duplex } from 'node:stream';
import { type CodedError, errorText } from '@fairlead/kit';
import type { ClientChannel } from 'ssh2';
import type { SshLink, WaitOptions } from './connection/ssh-link.ts';
import { refuseLongPath } from './listen-on-socket.ts';
import { type SshErrorCode, sshError } from './ssh-error.ts';

export const dialTimeoutMs = 10_000;
/** RFC 4254 5.1. */
const administrativelyProhibited = 1;

export async function dialSocket(link: SshLink, socketPath: string, wait: WaitOptions = {}): Promise<Duplex> {
  refuseLongPath(socketPath);
  try {
    const channel = await link.openChannel<ClientChannel>(
      (callback) => link.client.openssh_forwardOutStreamLocal(socketPath, callback),
      { what: `connect to ${socketPath}`, ...wait, timeoutMs: wait.timeoutMs ?? dialTimeoutMs },
    );
    return link.adopt(channel);
  } catch (error) {
    throw isOpenFailure(error) ? dialError(link, socketPath, error) : error;
  }
}

function isOpenFailure(error: unknown): error is Error & { reason: unknown } {
  return error instanceof Error && 'reason' in error;
}

/** sshd answers "open failed" both when nothing listens and when it forbids the forward; other servers give different reasons. */
export function dialError(
  link: { label: string },
  socketPath: string,
  cause: Error & { reason: unknown },
): CodedError<SshErrorCode> {
  const what = `cannot connect to ${socketPath} on ${link.label}`;
  if (cause.reason === administrativelyProhibited) {
    return sshError('forward_forbidden', `${what} because the server forbids it`, {
      hint: 'Its operator must allow it for this account: sshd_config AllowStreamLocalForwarding yes (or local), DisableForwarding no; the key in authorized_keys must carry neither `restrict` nor `permitopen`.',
      cause,
    });
  }
  return sshError('dial_refused', `${what}: ${errorText(cause)}`, {
    hint: 'Probably nothing listens there any more. If a program does listen, the server forbids the connection: look at AllowStreamLocalForwarding and DisableForwarding in sshd_config, and at `restrict` and `permitopen` of the key in authorized_keys.',
    retryable: true,
    cause,
  });
}
