// A TLS socket as a channel: what a mux asks of the channel below reaches that one.

import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

interface Asked extends Duplex {
  flush?(): void;
  widen?(windowBytes: number): void;
}

/** The socket owns the channel, and the caller the socket: each is destroyed with the other. */
export function securedChannel(socket: TLSSocket, channel: Asked): TLSSocket {
  channel.once('close', () => socket.destroy());
  socket.once('close', () => channel.destroy());
  return Object.assign(socket, {
    flush: () => channel.flush?.(),
    widen: (windowBytes: number) => channel.widen?.(windowBytes),
  });
}
