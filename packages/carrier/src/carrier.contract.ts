// What every kind of carrier must do, run against a whole one: its two halves, and what lies between them.

import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { detach, Listeners, untilAborted } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ChannelUse, Offerer, Reacher, Up } from './carrier.ts';

export interface CarrierWorld extends AsyncDisposable {
  offerer: Offerer<EndpointAddress>;
  reacher: Reacher;
  /** Loses every channel and offering now; the carrier brings its offerings up again by itself. */
  cut(): Promise<void>;
}

/** A line of the list of carriers that are held to the contract. */
export interface CarrierUnderTest {
  kind: string;
  openWorld: () => Promise<CarrierWorld>;
}

export function describeCarrierContract({ kind, openWorld }: CarrierUnderTest): void {
  describe(`The carrier ${kind} (carrier contract)`, { timeout: 30_000 }, () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = new Bench(await openWorld());
    });
    afterEach(() => bench[Symbol.asyncDispose]());

    it('has one kind on both sides, and in its addresses', async () => {
      const { address } = await bench.offer().up();
      expect([bench.world.offerer.kind, bench.world.reacher.kind, address.kind]).toEqual([kind, kind, kind]);
    });
    describeBytes(() => bench);
    describeLosses(() => bench);
  });
}

function describeBytes(bench: () => Bench): void {
  it('brings bytes both ways unchanged, each way with its own end', async () => {
    const { consumer, front } = await bench().channel();
    const request = pattern(300_000, 7);
    const answer = pattern(500_000, 11);
    consumer.end(request);
    expect((await buffer(front)).equals(request)).toBe(true);
    // Its own way is still open.
    front.end(answer);
    expect((await buffer(consumer)).equals(answer)).toBe(true);
  });

  it('keeps channels apart that are open at once', async () => {
    const offer = bench().offer();
    const { address } = await offer.up();
    const answers = Array.from({ length: 20 }, async (_, n) => {
      const consumer = await bench().world.reacher.reach(address);
      consumer.end(`channel ${n}`);
      return (await buffer(consumer)).toString();
    });
    for (let n = 0; n < 20; n += 1) detach(echo(await offer.accepted()));
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 20 }, (_, n) => `channel ${n}`));
  });

  it('holds a writer up while the other side does not read, and loses nothing of it', async () => {
    const { consumer, front } = await bench().channel();
    const piece = pattern(64 * 1024, 13);
    let pieces = 0;
    const most = 1024;
    while (front.write(piece) || (await drains(front))) {
      pieces += 1;
      expect(pieces, 'nothing holds it up').toBeLessThan(most);
    }
    pieces += 1;
    front.end();
    expect((await buffer(consumer)).length).toBe(pieces * piece.length);
  });

  it('keeps channels for consumers and for control apart', async () => {
    const [data, control] = [bench().offer('data'), bench().offer('control')];
    const addresses = [(await data.up()).address, (await control.up()).address];
    expect(addresses[0]).not.toEqual(addresses[1]);
    const consumer = await bench().world.reacher.reach(addresses[1]!);
    consumer.end('for control');
    expect((await buffer(await control.accepted())).toString()).toBe('for control');
    expect(data.acceptedCount).toBe(0);
  });
}

function describeLosses(bench: () => Bench): void {
  it('ends a channel for the other side when either destroys it', async () => {
    const offer = bench().offer();
    const { address } = await offer.up();
    for (const side of ['consumer', 'front'] as const) {
      const channel = await bench().channel(offer, address);
      const other = side === 'consumer' ? channel.front : channel.consumer;
      const ended = ends(other.resume());
      channel[side].destroy();
      await ended;
    }
  });

  it('reaches nothing where the instance is no longer offered, and says that trying again may do', async () => {
    const offer = bench().offer();
    const { address } = await offer.up();
    const { consumer } = await bench().channel(offer, address);
    const ended = ends(consumer.resume());
    await offer[Symbol.asyncDispose]();
    await ended;
    expect(await bench().refusalAt(address)).toMatchObject({ code: 'dial_refused', retryable: true });
  });

  it('comes up again after a cut, at another address of a later generation; the channels have ended', async () => {
    const offer = bench().offer();
    const first = await offer.up();
    const { consumer, front } = await bench().channel(offer, first.address);
    const ended = Promise.all([ends(consumer.resume()), ends(front.resume())]);
    await bench().world.cut();
    await ended;
    const second = await offer.up();
    expect(offer.downs).toHaveLength(1);
    expect(second.generation).toBeGreaterThan(first.generation);
    expect(second.address).not.toEqual(first.address);
    const again = await bench().channel(offer, second.address);
    again.consumer.end('here');
    expect((await buffer(again.front)).toString()).toBe('here');
  });

  it('opens no channel for a caller whose signal has fired', async () => {
    const offer = bench().offer();
    const { address } = await offer.up();
    const reason = new Error('no longer wanted');
    const reached = bench().world.reacher.reach(address, { signal: AbortSignal.abort(reason) });
    await expect(reached).rejects.toBe(reason);
    expect(offer.acceptedCount).toBe(0);
  });
}

/** One offering, with what came of it. */
class OfferProbe implements AsyncDisposable {
  readonly downs: string[] = [];
  acceptedCount = 0;
  readonly #ups: Array<Up<EndpointAddress>> = [];
  readonly #channels: Duplex[] = [];
  readonly #news = new Listeners<void>();
  readonly #failed = new AbortController();
  readonly #offering: AsyncDisposable;

  constructor(offerer: Offerer<EndpointAddress>, use: ChannelUse) {
    this.#offering = offerer.offer({
      instanceId: 'aaaaaaaa',
      use,
      firstGeneration: 1,
      accept: (channel) => {
        this.acceptedCount += 1;
        channel.on('error', () => undefined);
        this.#channels.push(channel);
        this.#news.emit();
      },
      onUp: (up) => {
        this.#ups.push(up);
        this.#news.emit();
      },
      onDown: (reason) => void this.downs.push(reason),
      onTrouble: () => undefined,
      onHopeless: ({ message }) => this.#failed.abort(new Error(message)),
    });
  }

  /** The next one that was not taken yet. */
  up(): Promise<Up<EndpointAddress>> {
    return this.#next(this.#ups);
  }

  accepted(): Promise<Duplex> {
    return this.#next(this.#channels);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#offering[Symbol.asyncDispose]();
  }

  async #next<T>(list: T[]): Promise<T> {
    for (;;) {
      const found = list.shift();
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      const remove = this.#news.add(resolve);
      await untilAborted(promise, this.#failed.signal).finally(remove);
    }
  }
}

class Bench implements AsyncDisposable {
  readonly world: CarrierWorld;
  readonly #offers: OfferProbe[] = [];

  constructor(world: CarrierWorld) {
    this.world = world;
  }

  offer(use: ChannelUse = 'data'): OfferProbe {
    const offer = new OfferProbe(this.world.offerer, use);
    this.#offers.push(offer);
    return offer;
  }

  /** Both ends of a new channel. */
  async channel(offer = this.offer(), address?: EndpointAddress): Promise<{ consumer: Duplex; front: Duplex }> {
    const to = address ?? (await offer.up()).address;
    await this.world.reacher.ready(to);
    const consumer = await this.world.reacher.reach(to);
    consumer.on('error', () => undefined);
    return { consumer, front: await offer.accepted() };
  }

  /** With what a reach is refused; a server may need a moment to see that the other side has gone. */
  async refusalAt(address: EndpointAddress): Promise<unknown> {
    for (;;) {
      try {
        const channel = await this.world.reacher.reach(address);
        channel.on('error', () => undefined).destroy();
      } catch (error) {
        return error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const offer of this.#offers) await offer[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

function pattern(length: number, step: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * step) % 251));
}

async function echo(channel: Duplex): Promise<void> {
  channel.end(await buffer(channel));
}

/** Every carrier passes on an end at once. A bastion tells a writer of a closed reader only when it writes. */
function ends(stream: Duplex): Promise<void> {
  return new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
}

/** Whether there is room again within a quarter of a second, though the other side reads nothing. */
async function drains(stream: Duplex): Promise<boolean> {
  const limit = AbortSignal.timeout(250);
  const drained = new Promise<void>((resolve) => stream.once('drain', resolve));
  return untilAborted(drained, limit).then(
    () => true,
    () => false,
  );
}
