import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRelay, type Relay } from './relay.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope[Symbol.asyncDispose]());

/** In front of a server that sends back what it gets. */
async function openRelayToEcho(delayMs: number): Promise<Relay> {
  const server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return scope.use(await openRelay({ to: { host: '127.0.0.1', port }, delayMs }));
}

async function send(port: number, bytes: Buffer): Promise<{ back: Buffer; afterMs: number }> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  const beganMs = performance.now();
  socket.end(bytes);
  return { back: await buffer(socket), afterMs: performance.now() - beganMs };
}

describe('The relay', () => {
  it('passes every byte both ways in order, and the end', async () => {
    const relay = await openRelayToEcho(1);
    relay.limit(40_000_000);
    const bytes = Buffer.from(Array.from({ length: 2_000_000 }, (_, at) => at % 251));
    expect((await send(relay.port, bytes)).back.equals(bytes)).toBe(true);
  });

  it('holds each byte back for a delay on each way', async () => {
    const relay = await openRelayToEcho(20);
    expect((await send(relay.port, Buffer.from('x'))).afterMs).toBeGreaterThanOrEqual(40);
  });

  it('lets through no more bytes a second than told, of all connections together', async () => {
    const relay = await openRelayToEcho(0);
    relay.limit(1_000_000);
    const both = await Promise.all([1, 2].map(() => send(relay.port, Buffer.alloc(50_000))));
    expect(Math.max(...both.map(({ afterMs }) => afterMs))).toBeGreaterThanOrEqual(100);
  });

  it('cuts what passes when it is closed', async () => {
    const relay = await openRelayToEcho(10_000);
    const socket = connect({ host: '127.0.0.1', port: relay.port });
    const closed = once(
      socket.on('error', () => undefined),
      'close',
    );
    await once(socket, 'connect');
    await relay[Symbol.asyncDispose]();
    await closed;
  });
});
