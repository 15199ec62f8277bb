// Where an engine listens, and whether what listens there is ours.

import { findFreePort } from './find-free-port.ts';
import { loopbackListeners } from './loopback-listeners.ts';

/** As `net.connect` takes it: a unix socket of ours, or a loopback port. */
export type EngineAddress = { path: string } | { host: '127.0.0.1'; port: number };

export async function takeAddress(listens: 'socket' | 'port', socketPath: string): Promise<EngineAddress> {
  return listens === 'socket' ? { path: socketPath } : { host: '127.0.0.1', port: await findFreePort() };
}

/** Rejects where another user of the node listens at the port. A socket lies in a directory of ours: it is not looked at. */
export async function proveAddress(address: EngineAddress, uid = process.getuid?.()): Promise<void> {
  if ('path' in address) return;
  const foreign = (await loopbackListeners(address.port)).find((listener) => listener.uid !== uid);
  if (!foreign) return;
  throw new Error(`user ${foreign.uid} of this node listens at port ${address.port}, which was free for the engine`);
}
