// Joins two duplex streams in both directions. Passes half-closes on; a failure of one stream ends both.

import type { Duplex } from 'node:stream';

/**
 * Takes ownership of both streams. Resolves when both are closed, for whatever reason; never rejects. A stream that closes
 * without an end (a lost transport, a reset) destroys the other one, so that a cut never looks like a clean end.
 */
export async function joinStreams(a: Duplex, b: Duplex): Promise<void> {
  await Promise.all([pump(a, b), pump(b, a)]);
}

/** Carries `from` to `to`; resolves when `from` is closed. */
function pump(from: Duplex, to: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onClose = () => {
    endAfter(from, to);
    resolve();
  };
  from.on('error', (error) => to.destroy(error));
  from.once('close', onClose);
  from.once('end', () => to.end());
  from.on('data', (chunk: Buffer) => {
    if (to.writable && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  // Discards what can no longer be delivered, so that `from` reaches its own end.
  to.once('close', () => from.resume());
  if (from.closed) onClose();
  else if (from.readableEnded) to.end();
  return promise;
}

/** `from` has closed. After a clean end `to` flushes what was written to it; anything else is a cut and destroys `to`. */
function endAfter(from: Duplex, to: Duplex): void {
  if (!from.readableEnded || from.errored) to.destroy();
  else if (!from.writableFinished) whenFinished(to, () => to.destroy());
}

function whenFinished(stream: Duplex, then: () => void): void {
  if (stream.writableFinished) then();
  else stream.once('finish', then);
}
