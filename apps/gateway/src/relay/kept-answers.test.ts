// The last bytes of an answer follow its record: what may happen until the record is kept.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { openRelayWorld } from '../testing/relay-world.ts';

it('An answer is whole, and its connection serves the next request, although its instance has closed before the record is kept', async () => {
  const kept: Array<() => void> = [];
  const instance = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"ok":true}'));
  });
  instance.listen(0, '127.0.0.1');
  await once(instance, 'listening');
  onTestFinished(() => void instance.close());
  const ended: Array<Promise<unknown>> = [];
  await using world = await openRelayWorld({
    instances: [() => undefined],
    keep: (goOn) => kept.push(goOn),
    async reach() {
      const socket = connect({
        port: (instance.address() as AddressInfo).port,
        host: '127.0.0.1',
        allowHalfOpen: true,
      });
      await once(socket, 'connect');
      ended.push(once(socket, 'end'));
      return socket;
    },
  });
  for (const count of [1, 2]) {
    const answer = world.post('/v1/chat/completions', { model: 'm' });
    await world.settled(count);
    await ended.pop();
    kept.pop()!();
    expect(await (await answer).json()).toEqual({ ok: true });
  }
});

it('A client who leaves until then is missed by nothing', async () => {
  const kept: Array<() => void> = [];
  await using world = await openRelayWorld({
    instances: [(_, response) => void response.end('{}')],
    keep: (goOn) => kept.push(goOn),
  });
  const client = await world.dial();
  const body = '{"model":"m"}';
  client.write(
    `POST /v1/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer ${world.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await world.settled(1);
  client.destroy();
  await once(client, 'close');
  kept.pop()!();
  expect(world.records).toMatchObject([{ outcome: 'completed' }]);
  expect((await fetch(`${world.url}/health`)).status).toBe(200);
});
