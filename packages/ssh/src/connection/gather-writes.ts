// What is written in one turn of the event loop leaves in one system call and, where it fits, in one packet.

import type { Duplex } from 'node:stream';

/**
 * ssh2 writes each SSH packet in three pieces (length, content, tag), and TCP_NODELAY, which the first packet of a connection needs,
 * would send each piece by itself: three system calls here and three wake-ups of sshd. The end of the turn, not the next tick: what
 * several sockets brought in this turn leaves together. Nothing waits for more to come.
 */
export function gatherWrites(stream: Duplex): void {
  const write = stream.write.bind(stream);
  let isGathering = false;
  const send = () => {
    isGathering = false;
    stream.uncork();
  };
  stream.write = ((...piece: Parameters<typeof write>) => {
    if (!isGathering) {
      isGathering = true;
      stream.cork();
      setImmediate(send);
    }
    return write(...piece);
  }) as typeof stream.write;
}
