import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { Secret } from '@fairlead/kit';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';

import { watchControl } from './watch.ts';

const messages = 400;
const messageBytes = 64 * 1024;

test('watchControl reads no further ahead of a slow reader than some megabytes, and loses nothing', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const filler = 'x'.repeat(messageBytes);
  let sent = 0;
  server.on('connection', (socket) => {
    const sendNext = () => {
      if (sent === messages) return;
      sent += 1;
      socket.send(JSON.stringify({ type: 'resync', seq: sent, filler }), sendNext);
    };
    sendNext();
  });
  const deps = { openSocket: async () => connect({ port, host: '127.0.0.1' }), ownerToken: new Secret('t') };
  const got: number[] = [];
  let ahead = 0;
  for await (const message of watchControl(deps)) {
    got.push(message.seq);
    if (got.length === messages) break;
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    ahead = Math.max(ahead, sent - got.length);
  }
  server.close();
  expect(got).toEqual(Array.from({ length: messages }, (_, index) => index + 1));
  // 4 MB of ours, the rest in the sockets' own buffers.
  expect(ahead).toBeLessThan(messages / 2);
});
