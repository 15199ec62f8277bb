import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { secureControlChannel } from './control-channel.ts';

interface Identity {
  key: string;
  cert: string;
}

let folder: string;
let ours: Identity;
let others: Identity;
let server: Server | undefined;

function makeIdentity(name: string): Identity {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=control',
      '-days',
      '2',
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fl-tls-'));
  ours = makeIdentity('ours');
  others = makeIdentity('others');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => server?.close());

/** A listener whose connections are handed to `answer`; gives a stream to it. */
async function dialTo(answer: (socket: Socket) => void): Promise<Socket> {
  const path = join(folder, `s${Math.random().toString(36).slice(2)}`);
  server = createServer(answer);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(path, resolve);
  await promise;
  return connect(path);
}

const speakTls = (identity: Identity, heard: string[]) => (socket: Socket) => {
  const tls = new TLSSocket(socket, { isServer: true, ...identity });
  tls.on('data', (data) => heard.push(String(data)));
  tls.on('error', () => socket.destroy());
};

describe('The channel to control', () => {
  it('opens when the certificate is the pinned one', async () => {
    const socket = await secureControlChannel(await dialTo(speakTls(ours, [])), ours.cert);
    expect(socket.encrypted).toBe(true);
    socket.destroy();
  });

  it('is refused when it is another, and nothing was sent', async () => {
    const heard: string[] = [];
    const channel = await dialTo(speakTls(others, heard));
    await expect(secureControlChannel(channel, ours.cert)).rejects.toMatchObject({ code: 'control_untrusted' });
    expect(heard).toEqual([]);
    expect(channel.destroyed).toBe(true);
  });

  it('says that control is gone when the connection ends in the middle of the handshake', async () => {
    const channel = await dialTo((socket) => socket.destroy());
    await expect(secureControlChannel(channel, ours.cert)).rejects.toMatchObject({
      code: 'control_unreachable',
      retryable: true,
    });
  });

  it('is given up where control takes the connection and says nothing', async () => {
    const channel = await dialTo(() => undefined);
    await expect(secureControlChannel(channel, ours.cert, 10)).rejects.toMatchObject({
      code: 'control_unreachable',
      message: expect.stringContaining('within 0.01 s') as string,
    });
    expect(channel.destroyed).toBe(true);
  });

  it('is destroyed with the channel under it, without an unhandled error', async () => {
    const channel = await dialTo(speakTls(ours, []));
    const socket = await secureControlChannel(channel, ours.cert);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('close', () => resolve());
    channel.destroy();
    await promise;
  });
});
