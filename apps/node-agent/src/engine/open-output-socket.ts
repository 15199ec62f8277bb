// One end of an engine's output that is read into the same buffer each time: the pipes of child_process make a new buffer for each
// read, and at 50 MB/s those outlive their use by 100 MB.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { unlink } from 'node:fs/promises';
import { errnoOf } from '@fairlead/kit';

export interface OutputSocket {
  /** For the child's `stdio`. The caller destroys it when the child has it: the output ends with its last holder. */
  childEnd: Socket;
  /** Resolves when every holder of the other end has closed it and all was read. Never rejects. */
  ended: Promise<void>;
}

const bufferBytes = 64 * 1024;

/**
 * `path`: a name for a unix socket, in a directory that this user alone may enter; it is free again when this resolves.
 * `onChunk` gets memory that is written over as soon as it returns.
 */
export async function openOutputSocket(path: string, onChunk: (chunk: Buffer) => void): Promise<OutputSocket> {
  await unlinkIfThere(path);
  const server = createServer({ pauseOnConnect: true });
  try {
    server.listen(path);
    await once(server, 'listening');
    const buffer = Buffer.allocUnsafeSlow(bufferBytes);
    const callback = (size: number): boolean => {
      onChunk(buffer.subarray(0, size));
      return true;
    };
    const own = connect({ path, onread: { buffer, callback } });
    const [accepted] = (await Promise.all([once(server, 'connection'), once(own, 'connect')])) as [[Socket], unknown];
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    own.on('error', () => undefined);
    own.once('close', () => resolve());
    // Without it the end is not seen: what is read goes to the callback, not into the stream.
    own.resume();
    return { childEnd: accepted[0], ended };
  } finally {
    server.close();
    await unlinkIfThere(path);
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
