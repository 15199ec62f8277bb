// The last bytes of an answer follow its record: what may happen until the record is kept.

import { once } from 'node:events';

import { expect, it } from 'vitest';

import { openRelayWorld } from '../testing/relay-world.ts';

it('An answer is whole, and its connection serves the next request, although its instance has closed before the record is kept', async () => {
  const kept: Array<() => void> = [];
  const closed = Promise.withResolvers<void>();
  await using world = await openRelayWorld({
    instances: [
      (request, response) => {
        request.socket.once('close', closed.resolve);
        response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{"ok":true}');
      },
    ],
    keep: (goOn) => kept.push(goOn),
  });
  const answer = world.post('/v1/chat/completions', { model: 'm' });
  await world.settled(1);
  await closed.promise;
  kept.pop()!();
  expect(await (await answer).json()).toEqual({ ok: true });
  const next = world.post('/v1/chat/completions', { model: 'm' });
  await world.settled(2);
  kept.pop()!();
  expect(await (await next).json()).toEqual({ ok: true });
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
