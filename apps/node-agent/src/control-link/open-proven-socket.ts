// Opens a WebSocket to control over a connection that came through the tunnel. The dialling side must first show control's
// own certificate: any process of the bastion's account can reach this socket, and no token is sent before that.

import type { Duplex } from 'node:stream';
import { type PinnedOptions, securePinned } from '@fairlead/carrier';
import { errorText, type Secret, withTimeLimit } from '@fairlead/kit';
import { WebSocket } from 'ws';
import { agentError } from '../agent-error.ts';

export interface ControlChannelOptions {
  /** PEM. */
  certificate: string;
  token: Secret;
  limitMs: number;
}

const maxFrameBytes = 1024 * 1024;

/** Resolves when the WebSocket is open. On failure the stream is destroyed. */
export async function openProvenSocket(stream: Duplex, options: ControlChannelOptions): Promise<WebSocket> {
  const late = () => unproven('it did not prove itself in time');
  try {
    return await withTimeLimit(prove(stream, options), options.limitMs, late);
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

async function prove(stream: Duplex, { certificate, token, limitMs }: ControlChannelOptions): Promise<WebSocket> {
  const secured = await secure(stream, { certificate, limitMs });
  const socket = new WebSocket('ws://control/v1/agent', {
    createConnection: () => secured,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
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

async function secure(stream: Duplex, options: PinnedOptions): Promise<Duplex> {
  const pinned = await securePinned(stream, options);
  if (pinned.ok) return pinned.socket;
  switch (pinned.reason) {
    case 'cut':
      throw unproven('it hung up', pinned.cause);
    case 'silent':
      throw unproven('it did not prove itself in time');
    case 'untrusted':
      throw untrusted(errorText(pinned.cause), pinned.cause);
  }
}

function unproven(why: string, cause?: unknown): Error {
  return agentError('control_unproven', `cannot prove that control dialled: ${why}`, {
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}

function untrusted(why: string, cause?: unknown): Error {
  return agentError('control_untrusted', `cannot trust the process that dialled as control: ${why}`, {
    hint: "If control was set up anew, its certificate changed: `fairlead init`, then deploy again. Else something on the bastion's account plays control.",
    ...(cause === undefined ? {} : { cause }),
  });
}
