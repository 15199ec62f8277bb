// For tests: a TCP path to a server on this machine, which a test can black-hole or reset.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Scope } from '@fairlead/kit';

export interface Hole extends AsyncDisposable {
  port: number;
  /** Drops all bytes from now on, without closing either side. */
  swallow(): void;
  reset(): void;
}

export async function openHole(serverPort: number): Promise<Hole> {
  const scope = new Scope();
  const sockets: Socket[] = [];
  let isSwallowing = false;
  const proxy = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.push(from);
      from.on('data', (chunk: Buffer) => void (isSwallowing || to.write(chunk)));
      from.on('error', () => undefined);
      from.on('close', () => void (isSwallowing || to.destroy()));
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  scope.defer(() => void proxy.close());
  scope.defer(() => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (proxy.address() as AddressInfo).port,
    swallow: () => {
      isSwallowing = true;
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}
