import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { findFreePorts } from './find-free-ports.ts';

async function listenAt(port: number): Promise<AsyncDisposable> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

it('findFreePorts takes the first row of which no port is taken, and names all rows where each has one', async () => {
  await using _first = await listenAt(18_103);
  expect(await findFreePorts([18_100, 18_200], 8)).toEqual([
    18_200, 18_201, 18_202, 18_203, 18_204, 18_205, 18_206, 18_207,
  ]);
  await using _second = await listenAt(18_200);
  await expect(findFreePorts([18_100, 18_200], 8)).rejects.toMatchObject({
    code: 'companion_ports_taken',
    message: expect.stringContaining('18100, 18200'),
  });
});
