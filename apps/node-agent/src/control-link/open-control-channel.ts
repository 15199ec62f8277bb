// Makes a proven WebSocket out of a connection that came through the tunnel. Whoever dialled must first show control's
// own certificate: anything on the bastion's account can reach this socket, and no token is sent before that.

import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { errnoOf, errorText, type Secret, withTimeLimit } from '@fairlead/kit';
import { WebSocket } from 'ws';
import { agentError } from '../agent-error.ts';

export interface ControlChannelOptions {
  /** PEM; exactly this certificate, not one signed by it. */
  certificate: string;
  token: Secret;
  limitMs: number;
}

const FRAME_LIMIT_BYTES = 1024 * 1024;

/** Resolves when the WebSocket is open. On failure the stream is destroyed. */
export async function openControlChannel(stream: Duplex, options: ControlChannelOptions): Promise<WebSocket> {
  // A reset before the TLS socket took over, or after it let go, must not end the agent.
  stream.on('error', () => undefined);
  const late = () => unproven('it did not prove itself in time');
  try {
    return await withTimeLimit(prove(stream, options), options.limitMs, late);
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

async function prove(stream: Duplex, { certificate, token }: ControlChannelOptions): Promise<WebSocket> {
  const secured = await secure(stream, certificate);
  const socket = new WebSocket('ws://control/v1/agent', {
    createConnection: () => secured,
    perMessageDeflate: false,
    maxPayload: FRAME_LIMIT_BYTES,
    headers: { authorization: `Bearer ${token.reveal()}` },
  });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.once('open', () => resolve(socket));
  socket.once('error', reject);
  try {
    return await promise;
  } finally {
    socket.off('error', reject);
  }
}

async function secure(stream: Duplex, pem: string): Promise<TLSSocket> {
  const pinned = new X509Certificate(pem);
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    socket: stream,
    ca: [pem],
    minVersion: 'TLSv1.3',
    servername: 'control',
    // The chain check alone would let in whatever the pinned certificate may have signed.
    checkServerIdentity: (_name: string, presented: PeerCertificate) =>
      pinned.raw.equals(presented.raw) ? undefined : untrusted('it showed another certificate'),
  });
  socket.once('error', (error) =>
    reject(isCut(error) ? unproven('it hung up', error) : untrusted(errorText(error), error)),
  );
  socket.once('close', () => reject(unproven('it hung up')));
  socket.once('secureConnect', () => resolve(socket));
  await promise;
  return socket;
}

/** A connection that ended before anything was shown: no reason for distrust, control dials again. */
function isCut(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(errnoOf(error) ?? '');
}

function unproven(why: string, cause?: unknown): Error {
  return agentError('control_unproven', `whoever dialled as control did not get to prove itself: ${why}`, {
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}

function untrusted(why: string, cause?: unknown): Error {
  return agentError('control_untrusted', `cannot trust whoever dialled as control: ${why}`, {
    hint: "If control was set up anew, its certificate changed: `fairlead init`, then deploy again. Else something on the bastion's account plays control.",
    ...(cause === undefined ? {} : { cause }),
  });
}
