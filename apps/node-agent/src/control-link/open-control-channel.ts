// Makes a proven WebSocket out of a connection that came through the tunnel. Whoever dialled must first show control's
// own certificate: anything on the bastion's account can reach this socket, and no token is sent before that.

import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { errorText, type Secret, withTimeLimit } from '@fairlead/kit';
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
  const late = () => untrusted('it did not prove itself in time');
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
  const fail = (error: unknown) => reject(untrusted(errorText(error), error));
  socket.once('error', fail);
  socket.once('close', () => fail(new Error('the connection was closed')));
  socket.once('secureConnect', () => resolve(socket));
  await promise;
  socket.off('error', fail);
  return socket;
}

function untrusted(why: string, cause?: unknown): Error {
  return agentError('control_untrusted', `cannot trust whoever dialled as control: ${why}`, {
    hint: "If control was set up anew, its certificate changed: `fairlead init`, then deploy again. Else something on the bastion's account plays control.",
    ...(cause === undefined ? {} : { cause }),
  });
}
