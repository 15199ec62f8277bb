// The listener of the data path, as the gateway opens it. The caller listens and closes.

import { createServer, type Server } from 'node:net';

import type { Relay } from './open-relay.ts';
import { relayLimits } from './relay-limits.ts';

/** Connections that the kernel takes before they are accepted: a burst of clients is not made to try again a second later. */
export const listenBacklog = 4_096;

export function createRelayServer(relay: Pick<Relay, 'accept'>): Server {
  return createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: relayLimits.heldBytes }, (socket) =>
    relay.accept(socket),
  );
}
