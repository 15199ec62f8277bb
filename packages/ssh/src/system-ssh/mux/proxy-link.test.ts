import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sshError } from '../../ssh-error.ts';
import { openFrameSocket } from './frame-socket.ts';
import { message, windowBytes } from './proxy-channel.ts';
import { ProxyLink } from './proxy-link.ts';
import { string, u32 } from './wire.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fl-'));
});
afterAll(() => rm(dir, { recursive: true }));

it('ProxyLink refuses a channel whose packets may have no bytes, and ends', async () => {
  const confirmation = [message.openConfirmation, 1, 7, windowBytes, 0];
  const frame = Buffer.concat([Buffer.from([0, confirmation[0]!]), ...confirmation.slice(1).map(u32)]);
  const master = createServer((socket) => socket.once('data', () => socket.write(string(frame))));
  const path = join(dir, 'master');
  await once(master.listen(path), 'listening');
  const link = new ProxyLink(await openFrameSocket(path), 'gate', {
    causeOf: async () => sshError('connection_lost', 'the master is gone'),
    onOpen: async () => undefined,
  });
  const refusal = { code: 'protocol', message: expect.stringContaining('packets of 0 bytes') as string };
  await expect(link.open({ type: 'session', closesWhen: 'peer-closes', what: 'start' })).rejects.toMatchObject(refusal);
  expect(await link.closed).toMatchObject(refusal);
  master.close();
});
