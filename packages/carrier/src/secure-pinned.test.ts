// The TLS of control over a network that drops after every possible number of bytes, in both directions.

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
function serve(network: MemoryNetwork, { certificate: cert, privateKey: key }: TestIdentity) {
  let address: EndpointAddress | undefined;
  const secureContext = createSecureContext({ cert, key });
  const offering = network.offerer.offer({
    instanceId: 'aaaaaaaa',
    use: 'control',
    firstGeneration: 1,
    accept: (raw) => {
      raw.on('error', () => undefined);
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

/** How many bytes go in each direction until the answer has been read. */
async function measure(): Promise<Record<Towards, number>> {
  const network = createMemoryNetwork();
  await using control = serve(network, controlIdentity);
  const outcome = await securePinned(await control.dial(), pin);
  if (outcome.ok) await buffer(outcome.socket);
  return { ...network.passed };
}

describe('TLS with a pinned certificate', { timeout: 60_000 }, () => {
  it.each<Towards>(['front', 'consumer'])(
    'that is cut after any number of bytes towards the %s is no reason for distrust, and the next try serves',
    async (towards) => {
      const total = (await measure())[towards];
      expect(total).toBeGreaterThan(200);
      const network = createMemoryNetwork();
      await using control = serve(network, controlIdentity);
      const seen = { cut: 0, secured: 0 };
      for (let bytes = 0; bytes < total; bytes += 1) {
        network.dropAfter(towards, bytes);
        const outcome = await securePinned(await control.dial(), pin);
        if (!outcome.ok) expect({ bytes, reason: outcome.reason }).toEqual({ bytes, reason: 'cut' });
        else await buffer(outcome.socket).catch(() => undefined);
        seen[outcome.ok ? 'secured' : 'cut'] += 1;
      }
      expect(seen.cut).toBeGreaterThan(100);
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
