// The front's end of the encryption between consumers and fronts: TLS over a channel that a consumer has opened.

import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';

import { type Clock, detach, openTimeLimit, untilAborted, untilOver } from '@fairlead/kit';

import type { OwnCertificate } from './make-certificate.ts';
import { securedChannel } from './secured-channel.ts';

export interface AcceptEndToEndOptions {
  own: Pick<OwnCertificate, 'certificate' | 'privateKey'>;
  clock: Clock;
  /** For the handshake; a consumer that takes longer is cut. */
  limitMs: number;
}

/**
 * Takes ownership of a channel, none of whose bytes have been read but `firstBytes`. Returns what the consumer sends within: its bytes come once
 * the handshake is over. Destroyed where the handshake fails; the caller destroys it else.
 */
export type EndToEndAccepter = (channel: Duplex, firstBytes: Buffer) => Duplex;

export function acceptEndToEnd({ own, clock, limitMs }: AcceptEndToEndOptions): EndToEndAccepter {
  const secureContext = createSecureContext({
    cert: own.certificate,
    key: own.privateKey,
    minVersion: 'TLSv1.3',
  });
  return (channel, firstBytes) => {
    // A reset before the TLS socket took over, or after it let go, must not end the process.
    channel.on('error', () => undefined);
    channel.pause();
    channel.unshift(firstBytes);
    const socket = securedChannel(new TLSSocket(channel, { isServer: true, secureContext }), channel);
    socket.on('error', () => socket.destroy());
    detach(endLate(socket, { clock, limitMs }));
    return socket;
  };
}

async function endLate(
  socket: TLSSocket,
  { clock, limitMs }: Pick<AcceptEndToEndOptions, 'clock' | 'limitMs'>,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  socket.once('secure', () => over.resolve());
  socket.once('close', () => over.resolve());
  using limit = openTimeLimit(clock, limitMs);
  await untilOver(untilAborted(over.promise, limit.signal), limit.signal);
  if (limit.signal.aborted) socket.destroy();
}
