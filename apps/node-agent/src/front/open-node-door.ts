// A unix socket in the agent's own 0700 directory, at which programs of the same account reach the front from the node itself, such as
// `fairlead bench --on-node`. The front asks for the key there too.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Front } from './front.ts';

export interface NodeDoor extends AsyncDisposable {
  readonly path: string;
}

/** Resolves when it listens. Disposing takes no more connections and cuts those that are open. */
export async function openNodeDoor(front: Pick<Front, 'accept'>, directory: string): Promise<NodeDoor> {
  const path = join(directory, 'f.sock');
  const open = new Set<Socket>();
  // Half-open, as a channel of a tunnel is.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    front.accept(socket, 'node');
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
