import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Secret } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlIdentity, impostorIdentity } from '@fairlead/carrier/testing';
import { openProvenSocket } from './open-proven-socket.ts';

const options = { certificate: controlIdentity.certificate, token: new Secret('t'), limitMs: 300 };

describe('A connection to the control socket', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => server.close());

  async function dialled() {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const arrival = once(server, 'connection');
    const stream = connect(port, '127.0.0.1');
    const [theirs] = (await arrival) as [Socket];
    theirs.on('error', () => undefined);
    return { stream, theirs };
  }

  it.each([
    ['hangs up', (theirs: { end: () => void }) => theirs.end(), 'it hung up'],
    ['is reset', (theirs: { resetAndDestroy: () => void }) => theirs.resetAndDestroy(), 'it hung up'],
    ['says nothing', () => undefined, 'it did not prove itself in time'],
  ])('that %s is no reason for distrust', async (_what, act, why) => {
    const { stream, theirs } = await dialled();
    const opening = openProvenSocket(stream, options);
    act(theirs);
    await expect(opening).rejects.toMatchObject({
      code: 'control_unproven',
      message: expect.stringContaining(why),
      retryable: true,
    });
    theirs.destroy();
  });

  it('with another certificate is distrusted', async () => {
    const { stream, theirs } = await dialled();
    const secure = new TLSSocket(theirs, {
      isServer: true,
      cert: impostorIdentity.certificate,
      key: impostorIdentity.privateKey,
    });
    secure.on('error', () => undefined);
    await expect(openProvenSocket(stream, options)).rejects.toMatchObject({ code: 'control_untrusted' });
    theirs.destroy();
  });
});
