// A port of an address of this host that nothing listens at. Another process may take it before the engine does: the engine then fails, and
// is started again at another one; see loopback-listeners.ts.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
