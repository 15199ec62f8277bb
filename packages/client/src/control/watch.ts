// A WebSocket to control as an async iterable: a snapshot, then changes. Ends with the connection; the caller connects again.

import type { Duplex } from 'node:stream';

import { type Clock, type Secret, systemClock, untilAborted } from '@fairlead/kit';
import { decodeText, type WatchMessage, watchMessage } from '@fairlead/protocol';
import { WebSocket } from 'ws';

import { WatchInbox } from './watch-inbox.ts';

export interface WatchDeps {
  openSocket(): Promise<Duplex>;
  ownerToken: Secret;
  /** Default: the system's. */
  clock?: Clock | undefined;
  /** Asks for more messages, as the query of `/v1/watch`: `events=true`. */
  query?: string;
}

/** Leaving the loop, or the signal, closes the connection. Throws `control_unreachable` when it is lost. */
export async function* watchControl(deps: WatchDeps, signal?: AbortSignal): AsyncGenerator<WatchMessage> {
  signal?.throwIfAborted();
  const { clock = systemClock } = deps;
  const socket = await openUntilAborted(deps, signal);
  const ws = new WebSocket(`ws://control/v1/watch${deps.query ? `?${deps.query}` : ''}`, {
    createConnection: () => socket as never,
    perMessageDeflate: false,
    headers: { authorization: `Bearer ${deps.ownerToken.reveal()}` },
  });
  using inbox = new WatchInbox(ws, clock, signal);
  try {
    await inbox.opened;
    for (;;) {
      const text = await inbox.next();
      const decoded = decodeText(watchMessage, text);
      // A message of a kind that this version does not know is left out.
      if (decoded.ok) yield decoded.value;
    }
  } finally {
    ws.terminate();
    socket.destroy();
  }
}

/** Closes a socket that opens after the signal has fired. */
async function openUntilAborted(deps: WatchDeps, signal: AbortSignal | undefined): Promise<Duplex> {
  const opening = deps.openSocket();
  try {
    return await untilAborted(opening, signal);
  } catch (error) {
    opening.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  }
}
