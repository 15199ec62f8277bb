// Sends all writes of one turn of the event loop in one system call and, if they fit, in one packet.

import type { Duplex } from 'node:stream';

/**
 * ssh2 writes each SSH packet in three pieces (length, content, tag). With TCP_NODELAY, which the first packet of a connection needs,
 * each piece would be a packet of its own: three system calls here and three wake-ups of sshd. The writes leave at the end of the turn
 * and not at the next tick, so that what several sockets brought in one turn leaves together. No write waits for later ones.
 * The returned function sends at once what has been gathered: for a caller that has gathered a turn itself.
 */
export function gatherWrites(stream: Duplex): () => void {
  const write = stream.write.bind(stream);
  let isGathering = false;
  const send = () => {
    if (!isGathering) return;
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
  return send;
}
