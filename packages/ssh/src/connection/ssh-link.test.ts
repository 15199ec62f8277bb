import { PassThrough } from 'node:stream';

import type { Client } from 'ssh2';
import { expect, it } from 'vitest';

import { listenOnSocket } from '../listen-on-socket.ts';
import { SshLink } from './ssh-link.ts';
import type { Transport } from './transport.ts';

/** Its socket is closed between two requests, and nobody has been told. */
function linkThatCloses() {
  let isClosed = false;
  const answer = (_path: string, callback: () => void) => {
    if (isClosed) throw new Error('Not connected');
    callback();
  };
  const client = {
    on: () => undefined,
    off: () => undefined,
    end: () => undefined,
    openssh_forwardInStreamLocal: answer,
    openssh_unforwardInStreamLocal: answer,
  };
  const stream = new PassThrough();
  const link = new SshLink(client as unknown as Client, { stream } as unknown as Transport, 'bastion');
  return { link, close: () => (isClosed = true) };
}

const listen = (link: SshLink) => listenOnSocket(link, { socketPath: '/run/s', onConnection: (one) => one.destroy() });

it('A request on a connection whose socket has just closed fails as those on a lost one do', async () => {
  const { link, close } = linkThatCloses();
  close();
  await expect(listen(link)).rejects.toMatchObject({ code: 'connection_lost', retryable: true });
  expect(link.ended.aborted).toBe(true);
});

it('A listener whose connection has just closed is gone without an error', async () => {
  const { link, close } = linkThatCloses();
  const listening = await listen(link);
  close();
  await listening[Symbol.asyncDispose]();
});
