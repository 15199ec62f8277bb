// Opens a byte stream to control that is known to be control: TLS with its pinned certificate, over a channel to its socket.

import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

import { CodedError } from '@fairlead/kit';

import type { ReachErrorCode } from '../carrier-error.ts';
import { securePinned } from '../secure-pinned.ts';

/** A suspended control takes connections and never answers. */
const handshakeTimeoutMs = 15_000;

/**
 * Resolves when the handshake is done and the certificate is the pinned one; nothing is sent before. Owns `channel`; the caller closes
 * the TLS socket. Throws `control_untrusted`, or `control_unreachable` where another try can succeed.
 */
export async function secureControlChannel(
  channel: Duplex,
  certificate: string,
  limitMs = handshakeTimeoutMs,
): Promise<TLSSocket> {
  const pinned = await securePinned(channel, { certificate, limitMs });
  if (pinned.ok) return pinned.socket;
  switch (pinned.reason) {
    case 'cut':
      throw gone();
    case 'silent':
      throw silent(limitMs);
    case 'untrusted':
      throw untrusted(pinned.cause);
  }
}

function untrusted(error: Error): CodedError<ReachErrorCode> {
  return new CodedError(
    'control_untrusted',
    `cannot talk to control because its certificate is not the one this machine knows: ${error.message}`,
    {
      hint: 'If the bastion was set up again, run `fairlead init` again. If not, another program answers in its place: ask the operator.',
      cause: error,
    },
  );
}

function silent(limitMs: number): CodedError<ReachErrorCode> {
  return new CodedError(
    'control_unreachable',
    `cannot talk to control because it took the connection and did not answer within ${limitMs / 1000} s`,
    {
      hint: 'It hangs, or its host is very busy: `fairlead doctor` says what to do.',
      retryable: true,
    },
  );
}

function gone(): CodedError<ReachErrorCode> {
  return new CodedError(
    'control_unreachable',
    'cannot talk to control because it closed the connection before the TLS handshake',
    {
      hint: 'It may be restarting: try again. Its log is control.log in its directory on the bastion.',
      retryable: true,
    },
  );
}
