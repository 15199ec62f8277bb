// Opens a byte stream to control that is known to be control: TLS with its pinned certificate, over a channel to its socket.

import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';

import { CodedError, errnoOf, withTimeLimit } from '@fairlead/kit';

import type { ClientErrorCode } from './client-error.ts';

/** A control that was stopped in its tracks still takes connections and never answers. */
const HANDSHAKE_LIMIT_MS = 15_000;

/** Resolves when the handshake is done and the certificate is the pinned one; nothing is sent before. */
export async function openControlChannel(
  channel: Duplex,
  certificatePem: string,
  limitMs = HANDSHAKE_LIMIT_MS,
): Promise<TLSSocket> {
  const pinned = new X509Certificate(certificatePem).fingerprint256;
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = tlsConnect({
    socket: channel,
    ca: [certificatePem],
    minVersion: 'TLSv1.3',
    // The pin replaces the name: control has none.
    checkServerIdentity: (_host, certificate) =>
      certificate.fingerprint256 === pinned ? undefined : new Error('another certificate'),
  });
  const fail = (error: Error) => reject(isLoss(error) ? gone() : untrusted(error));
  const closed = () => reject(gone());
  // A refused certificate closes the channel too, before the TLS socket tells why: that one is listened to.
  const channelClosed = () => socket.destroy();
  socket.once('error', fail);
  socket.once('close', closed);
  channel.once('close', channelClosed);
  socket.once('secureConnect', () => resolve(socket));
  try {
    return await withTimeLimit(promise, limitMs, () => silent(limitMs));
  } catch (error) {
    socket.destroy();
    channel.destroy();
    throw error;
  } finally {
    socket.off('error', fail);
    socket.off('close', closed);
    // A TLS socket over a channel that dies is destroyed with it: an 'error' nobody waits for must not end the process.
    socket.on('error', () => socket.destroy());
  }
}

/** Node's word for a connection that ended in the middle of the handshake. */
function isLoss(error: Error): boolean {
  return errnoOf(error) === 'ECONNRESET' || errnoOf(error) === 'EPIPE';
}

function untrusted(error: Error): CodedError<ClientErrorCode> {
  return new CodedError(
    'control_untrusted',
    `cannot talk to control because its certificate is not the one this machine knows: ${error.message}`,
    {
      hint: 'If the bastion was set up anew, run `fairlead init` again. If not, somebody else answers in its place: ask the operator.',
      cause: error,
    },
  );
}

function silent(limitMs: number): CodedError<ClientErrorCode> {
  return new CodedError(
    'control_unreachable',
    `cannot talk to control because it took the connection and did not answer within ${limitMs / 1000} s`,
    {
      hint: 'It hangs, or its host is very busy: `fairlead doctor` says what to do.',
      retryable: true,
    },
  );
}

function gone(): CodedError<ClientErrorCode> {
  return new CodedError(
    'control_unreachable',
    'cannot talk to control because it closed the connection before the TLS handshake',
    {
      hint: 'It may be restarting: try again. Its log is control.log in its directory on the bastion.',
      retryable: true,
    },
  );
}
