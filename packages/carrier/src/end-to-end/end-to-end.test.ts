import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { systemClock } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import type { EndpointAddress } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { acceptEndToEnd } from './accept-end-to-end.ts';
import { fingerprintOf, makeCertificate } from './make-certificate.ts';
import { reachEndpoint } from './reach-endpoint.ts';

const own = makeCertificate();
const address: EndpointAddress = { kind: 'memory' };
const secret = 'fl_key-and-prompt';

/** What passes between the two ends, as the hops between see it. */
function openHop(): { near: Duplex; far: Duplex; passed: () => Buffer } {
  const [near, left] = duplexPair();
  const [right, far] = duplexPair();
  const seen: Buffer[] = [];
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.on('data', (chunk: Buffer) => {
      seen.push(Buffer.from(chunk));
      to.write(chunk);
    });
    from.once('end', () => to.end());
    from.once('close', () => to.destroy());
  }
  return { near, far, passed: () => Buffer.concat(seen) };
}

/** A front that has read the first bytes and answers what it is sent. */
async function answerAt(channel: Duplex, identity = own): Promise<Duplex> {
  const accept = acceptEndToEnd({ own: identity, clock: systemClock, limitMs: 60_000 });
  const [first] = (await once(channel, 'data')) as [Buffer];
  channel.removeAllListeners('data');
  const within = accept(channel, first);
  within.on('data', (chunk: Buffer) => within.write(`answer to ${String(chunk)}`));
  within.once('end', () => within.end());
  return within;
}

const reachOf = (near: Duplex) => ({ reach: async () => near });

describe('A certificate of an agent', () => {
  it('is a valid one that signs itself, and another each time', () => {
    const read = new X509Certificate(own.certificate);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.subject).toBe('CN=fairlead agent');
    expect(read.publicKey.asymmetricKeyType).toBe('ed25519');
    expect(own.fingerprint).toBe(createHash('sha256').update(read.raw).digest('hex'));
    expect(own.fingerprint).toBe(read.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(makeCertificate().fingerprint).not.toBe(own.fingerprint);
    expect(fingerprintOf(read.raw)).toBe(own.fingerprint);
  });
});

describe('An endpoint with encryption from end to end', () => {
  it('is sent nothing that a hop between can read, both ways, and ends as the channel does', async () => {
    const { near, far, passed } = openHop();
    const front = answerAt(far);
    const channel = await reachEndpoint(reachOf(near), { address, endToEnd: own });
    channel.end(secret);
    expect((await buffer(channel)).toString()).toBe(`answer to ${secret}`);
    await front;
    expect(passed().length).toBeGreaterThan(500);
    expect(passed().includes(secret)).toBe(false);
    expect(passed().includes('answer to')).toBe(false);
  });

  it('carries much more than a record unchanged', async () => {
    const { near, far } = openHop();
    const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, at) => at % 251));
    const whole = answerAt(far).then(async (within) => {
      within.removeAllListeners('data');
      return buffer(within);
    });
    const channel = await reachEndpoint(reachOf(near), { address, endToEnd: own });
    channel.end(bytes);
    expect((await whole).equals(bytes)).toBe(true);
    channel.destroy();
  });

  it('is refused where another certificate is shown, before anything is sent', async () => {
    const { near, far } = openHop();
    const impostor = answerAt(far, makeCertificate());
    await expect(reachEndpoint(reachOf(near), { address, endToEnd: own })).rejects.toMatchObject({
      code: 'endpoint_untrusted',
      retryable: false,
      message: expect.stringContaining('it showed another certificate') as unknown,
    });
    const within = await impostor;
    const got = await buffer(within).catch(() => Buffer.alloc(0));
    expect(got.length).toBe(0);
    expect(near.destroyed).toBe(true);
  });

  it('is refused where no encryption is spoken', async () => {
    const { near, far } = openHop();
    far.once('data', () => far.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(reachEndpoint(reachOf(near), { address, endToEnd: own })).rejects.toMatchObject({
      code: 'endpoint_untrusted',
    });
  });

  it('that is lost before it is encrypted may be tried again', async () => {
    const { near, far } = openHop();
    far.once('data', () => far.destroy());
    await expect(reachEndpoint(reachOf(near), { address, endToEnd: own })).rejects.toMatchObject({
      code: 'connection_lost',
      retryable: true,
    });
  });

  it('is left at once when its caller leaves', async () => {
    const { near } = openHop();
    const stop = new AbortController();
    const reached = reachEndpoint(reachOf(near), { address, endToEnd: own }, { signal: stop.signal });
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(reached).rejects.toBe(reason);
    expect(near.destroyed).toBe(true);
  });

  it('is a bare channel where its agent told of no certificate', async () => {
    const { near } = openHop();
    expect(await reachEndpoint(reachOf(near), { address })).toBe(near);
  });
});

describe('The front of such an endpoint', () => {
  it('cuts a consumer that does not finish the handshake in time', async () => {
    const clock = new ManualClock();
    const { near, far } = openHop();
    const within = acceptEndToEnd({ own, clock, limitMs: 10_000 })(far, Buffer.from([0x16]));
    const closed = once(within, 'close');
    near.on('error', () => undefined).resume();
    await clock.advance(10_001);
    await closed;
    expect(far.destroyed).toBe(true);
  });

  it('ends with a channel that sends garbage, and no process does', async () => {
    const { near, far } = openHop();
    const within = acceptEndToEnd({ own, clock: systemClock, limitMs: 60_000 })(far, Buffer.from('\x16garbage'));
    near.on('error', () => undefined).resume();
    near.write(Buffer.alloc(2_000, 0x16));
    await new Promise<void>((resolve) => void within.once('close', () => resolve()));
    expect(far.destroyed).toBe(true);
  });
});
