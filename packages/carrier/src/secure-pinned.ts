// TLS with a peer that is known by its certificate alone, as control and fronts are. Nothing is sent before the peer has shown it.

import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { errnoOf, withTimeLimit } from '@fairlead/kit';

import { fingerprintOf } from './end-to-end/make-certificate.ts';

/** What the peer has to show: exactly this certificate, not one that it has signed. */
export type Pin =
  /** PEM. */
  | { certificate: string }
  /** SHA-256, in hexadecimal. */
  | { fingerprint: string };

export type PinnedOptions = Pin & {
  /** For the handshake. */
  limitMs: number;
};

export type Pinned =
  | { ok: true; socket: TLSSocket }
  /** It ended before it showed a certificate, which is no reason for distrust. */
  | { ok: false; reason: 'cut'; cause: unknown }
  /** It showed none within the limit. */
  | { ok: false; reason: 'silent'; cause: unknown }
  | { ok: false; reason: 'untrusted'; cause: Error };

/** Owns `channel`: it is destroyed on failure, and with the TLS socket later. Never rejects. */
export async function securePinned(channel: Duplex, options: PinnedOptions): Promise<Pinned> {
  const { promise, resolve } = Promise.withResolvers<Pinned>();
  // A reset before the TLS socket took over, or after it let go, must not end the process.
  channel.on('error', () => undefined);
  const socket = connect({ socket: channel, minVersion: 'TLSv1.3', ...tlsOptionsOf(options) });
  const fail = (cause: Error) => {
    // The error of a channel that was lost comes through the TLS socket: it says nothing of the peer.
    const isLost = channel.errored !== null || isCut(cause);
    resolve(isLost ? { ok: false, reason: 'cut', cause } : { ok: false, reason: 'untrusted', cause });
  };
  const closed = () => resolve({ ok: false, reason: 'cut', cause: undefined });
  // A refused certificate closes the channel too, before the TLS socket tells why: that one is listened to.
  channel.once('close', () => socket.destroy());
  socket.once('error', fail);
  socket.once('close', closed);
  socket.once('secureConnect', () => {
    if (isPinned(socket, options)) resolve({ ok: true, socket });
    else fail(otherCertificate());
  });
  const late = (): Pinned => ({ ok: false, reason: 'silent', cause: undefined });
  const outcome = await withTimeLimit(promise, options.limitMs, () => new Error('late')).catch(late);
  socket.off('error', fail);
  socket.off('close', closed);
  // A TLS socket over a channel that dies is destroyed with it: an 'error' that no caller waits for must not end the process.
  socket.on('error', () => socket.destroy());
  if (!outcome.ok) {
    socket.destroy();
    channel.destroy();
  }
  return outcome;
}

function tlsOptionsOf(pin: Pin): ConnectionOptions {
  // The handshake proves that the peer has the key of what it shows; `isPinned` judges that before anything is sent.
  if ('fingerprint' in pin) return { servername: 'agent', rejectUnauthorized: false };
  const pinned = new X509Certificate(pin.certificate);
  return {
    ca: [pin.certificate],
    servername: 'control',
    // The chain check alone accepts any certificate that the pinned one has signed.
    checkServerIdentity: (_name, presented) => (pinned.raw.equals(presented.raw) ? undefined : otherCertificate()),
  };
}

function isPinned(socket: TLSSocket, pin: Pin): boolean {
  if ('certificate' in pin) return socket.authorized;
  const shown = socket.getPeerX509Certificate();
  return shown !== undefined && fingerprintOf(shown.raw) === pin.fingerprint;
}

function otherCertificate(): Error {
  return new Error('it showed another certificate');
}

/** Node's words for a connection that ended in the middle of the handshake. */
function isCut(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(errnoOf(error) ?? '');
}
