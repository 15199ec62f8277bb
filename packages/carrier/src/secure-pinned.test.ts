// The TLS of control over a network that drops between and within all of its records, in both directions.

import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createSecureContext, TLSSocket } from 'node:tls';

import type { EndpointAddress } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { secureControlChannel } from './bastion-socket/control-channel.ts';
import { createMemoryNetwork, type MemoryNetwork, type Towards } from './memory/memory-network.ts';
import { securePinned } from './secure-pinned.ts';
import { controlIdentity, impostorIdentity, type TestIdentity } from './testing/test-identities.ts';

const pin = { certificate: controlIdentity.certificate, limitMs: 5_000 };
const answer = 'hello, this is control';

/** A control that answers each channel and ends it. `dial` reaches it at its address of now. */
function serve(
  network: MemoryNetwork,
  { certificate: cert, privateKey: key }: TestIdentity,
  onChannel: (raw: Duplex) => void = () => undefined,
) {
  let address: EndpointAddress | undefined;
  const secureContext = createSecureContext({ cert, key });
  const offering = network.offerer.offer({
    instanceId: 'aaaaaaaa',
    use: 'control',
    firstGeneration: 1,
    accept: (raw) => {
      raw.on('error', () => undefined);
      onChannel(raw);
      const tls = new TLSSocket(raw, { isServer: true, secureContext });
      tls.on('error', () => raw.destroy());
      tls.on('secure', () => tls.end(answer));
    },
    onUp: (up) => (address = up.address),
    onDown: () => (address = undefined),
    onTrouble: () => undefined,
    onHopeless: () => undefined,
  });
  const dial = async (): Promise<Duplex> => {
    while (!address) await new Promise(setImmediate);
    return network.reacher.reach(address);
  };
  return { dial, [Symbol.asyncDispose]: () => offering[Symbol.asyncDispose]() };
}

/** All that goes in each direction until the answer has been read. */
async function record(): Promise<Record<Towards, Buffer>> {
  const network = createMemoryNetwork();
  const sent: Record<Towards, Buffer[]> = { front: [], consumer: [] };
  await using control = serve(network, controlIdentity, (raw) => listenIn(raw, sent.consumer));
  const channel = await control.dial();
  listenIn(channel, sent.front);
  const outcome = await securePinned(channel, pin);
  if (outcome.ok) await buffer(outcome.socket);
  const told = { front: Buffer.concat(sent.front), consumer: Buffer.concat(sent.consumer) };
  expect({ front: told.front.length, consumer: told.consumer.length }).toEqual(network.passed);
  return told;
}

/** Keeps a copy of what is written to a channel. */
function listenIn(channel: Duplex, into: Buffer[]): void {
  const write = channel._write.bind(channel);
  channel._write = (chunk: Buffer, encoding, done) => {
    into.push(Buffer.from(chunk));
    write(chunk, encoding, done);
  };
}

/**
 * Where to cut: TLS reads whole records, of 5 bytes and as many more as these tell. So every byte around the border of two records
 * (a signature may be some bytes shorter or longer than the recorded one), and in between, where one byte is as good as its neighbour,
 * each sixteenth.
 */
function cutsOf(recorded: Buffer): number[] {
  const borders: number[] = [];
  for (let at = 0; at < recorded.length; at += 5 + recorded.readUInt16BE(at + 3)) borders.push(at);
  expect(borders.length).toBeGreaterThan(2);
  const isNear = (at: number) => borders.some((border) => at >= border - 4 && at <= border + 8);
  return Array.from(recorded.keys()).filter((at) => at % 16 === 0 || isNear(at) || at >= recorded.length - 4);
}

describe('TLS with a pinned certificate', { timeout: 60_000 }, () => {
  it.each<Towards>(['front', 'consumer'])(
    'that is cut anywhere on the way to the %s is no reason for distrust, and the next try serves',
    async (towards) => {
      const recorded = (await record())[towards];
      expect(recorded.length).toBeGreaterThan(200);
      const network = createMemoryNetwork();
      await using control = serve(network, controlIdentity);
      const seen = { cut: 0, secured: 0 };
      for (const bytes of cutsOf(recorded)) {
        network.dropAfter(towards, bytes);
        const outcome = await securePinned(await control.dial(), pin);
        if (!outcome.ok) expect({ bytes, reason: outcome.reason }).toEqual({ bytes, reason: 'cut' });
        else await buffer(outcome.socket).catch(() => undefined);
        seen[outcome.ok ? 'secured' : 'cut'] += 1;
      }
      expect(seen.cut).toBeGreaterThan(40);
      // Signatures differ in length: the last cut may have come after the end.
      network.dropAfter(towards, Infinity);
      const socket = await secureControlChannel(await control.dial(), controlIdentity.certificate);
      expect((await buffer(socket)).toString()).toBe(answer);
    },
  );

  it('is refused where another certificate is shown', async () => {
    const network = createMemoryNetwork();
    await using control = serve(network, impostorIdentity);
    const channel = await control.dial();
    expect(await securePinned(channel, pin)).toMatchObject({ ok: false, reason: 'untrusted' });
    expect(channel.destroyed).toBe(true);
  });
});
