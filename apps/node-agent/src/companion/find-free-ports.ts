// Looks for ports in a row that nothing on this host listens at.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { errnoOf } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';

/** The first row of `count` ports whose every port is free now. Rejects with `companion_ports_taken` if none is. */
export async function findFreePorts(firstPorts: readonly number[], count: number): Promise<number[]> {
  for (const first of firstPorts) {
    const ports = Array.from({ length: count }, (_, at) => first + at);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return ports;
  }
  throw agentError(
    'companion_ports_taken',
    `cannot start what the engine needs beside it because no row of ${count} ports is free on this node: tried those from ${firstPorts.join(', ')}`,
    { hint: 'Deploy again: another job tries other ports.', retryable: true },
  );
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: '0.0.0.0', port });
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return false;
    throw error;
  } finally {
    server.close();
  }
}
