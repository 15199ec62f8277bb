// Checks against a real server, through rekeys, that ssh2 still has the private fields that we use.

import { KeyObject, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Client } from 'ssh2';
import { describe, expect, it } from 'vitest';
import type { ChannelStream } from './channel-stream.ts';
import { dialSocket } from '../dial-socket.ts';
import { listenOnSocket } from '../listen-on-socket.ts';
import { hasSshd, openTestSsh, openTestSshd } from '../testing.ts';
import { openLink } from './open-link.ts';
import { serverSoftware } from './ssh2-internals.ts';

const options = { signal: undefined, clock: undefined, keepaliveMs: 4_000, keepaliveCountMax: 2 };

/** The keys that ssh2 now holds for both directions. */
function keysOf(client: Client): unknown[] {
  const { _cipher: out, _decipher: into } = (
    client as unknown as { _protocol: Record<string, Record<string, unknown>> }
  )._protocol;
  return [out?.['_encKey'] ?? out?.['_macKey'], into?.['_decipherKey'] ?? into?.['_macKey']];
}

const withSshd = await hasSshd();

describe("ssh2's private fields", () => {
  it.skipIf(!withSshd)('hold prepared keys, after each rekey too, and bytes come through', async () => {
    await using server = await openTestSshd({ extraConfig: ['RekeyLimit 500K'] });
    await using opened = await openLink(server.target, options);
    const { client } = opened.link;
    let rekeys = 0;
    client.on('handshake', () => (rekeys += 1));
    const before = keysOf(client);
    const path = join(server.dir, 'e.sock');
    await using _listening = await listenOnSocket(opened.link, {
      socketPath: path,
      onConnection: (stream) => void stream.pipe(stream),
    });
    const stream = await dialSocket(opened.link, path);
    const bytes = randomBytes(2_000_000);
    stream.end(bytes);
    expect((await buffer(stream)).equals(bytes)).toBe(true);
    expect(rekeys).toBeGreaterThan(0);
    const after = keysOf(client);
    expect([...before, ...after].map((key) => key instanceof KeyObject)).toEqual([true, true, true, true]);
    expect(after[0]).not.toBe(before[0]);
  });

  it.skipIf(!withSshd)('take a wider window, which is offered again when half of it is used', async () => {
    await using server = await openTestSshd();
    await using opened = await openLink(server.target, options);
    const path = join(server.dir, 'e.sock');
    await using _listening = await listenOnSocket(opened.link, {
      socketPath: path,
      onConnection: (stream) => void stream.pipe(stream),
    });
    const stream = await dialSocket(opened.link, path);
    const windowBytes = 4 * 1024 * 1024;
    const offers: number[] = [];
    const { _protocol: protocol } = opened.link.client as unknown as {
      _protocol: { channelWindowAdjust(id: number, bytes: number): void };
    };
    const adjust = protocol.channelWindowAdjust.bind(protocol);
    protocol.channelWindowAdjust = (id, bytes) => {
      offers.push(bytes);
      adjust(id, bytes);
    };
    (stream as ChannelStream).widen(windowBytes);
    // ssh2 has offered 2 MiB: that is half, and enough for now.
    expect(offers).toEqual([windowBytes / 2]);
    const bytes = randomBytes(12_000_000);
    stream.end(bytes);
    expect((await buffer(stream)).equals(bytes)).toBe(true);
    expect(offers.filter((offer) => offer >= windowBytes / 2).length).toBeGreaterThan(4);
  });

  it('name the server', async () => {
    await using server = await openTestSsh('builtin');
    await using opened = await openLink(server.target, options);
    expect(serverSoftware(opened.link.client)).not.toBe('');
  });
});
