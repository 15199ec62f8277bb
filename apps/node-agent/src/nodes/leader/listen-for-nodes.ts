// Listens for the other agents of the job at the addresses that they look for.

import { once } from 'node:events';
import type { Server, TLSSocket } from 'node:tls';
import { errnoOf } from '@fairlead/kit';
import { agentError } from '../../agent-error.ts';
import { createNodeServer } from '../link/node-channel.ts';
import type { NodeSecret } from '../link/node-secret.ts';

/** The first port that is free at all addresses. Rejects with `nodes_unreachable` if none is. The caller disposes it. */
export async function listenForNodes(
  addresses: readonly string[],
  { key, ports }: NodeSecret,
  onSocket: (socket: TLSSocket) => void,
): Promise<{ port: number } & Disposable> {
  for (const port of ports) {
    const servers: Server[] = [];
    const close = () => {
      for (const server of servers) server.close();
    };
    try {
      for (const host of addresses) {
        const server = createNodeServer(key, onSocket);
        server.listen({ host, port });
        await once(server, 'listening');
        servers.push(server);
      }
      return { port, [Symbol.dispose]: close };
    } catch (error) {
      close();
      if (errnoOf(error) !== 'EADDRINUSE') throw error;
    }
  }
  const where = `${addresses.join(', ')}, ports ${ports.join(', ')}`;
  throw agentError('nodes_unreachable', `cannot listen for the other nodes because every port is taken: ${where}`, {
    hint: 'Deploy again: another job has other ports.',
    retryable: true,
  });
}
