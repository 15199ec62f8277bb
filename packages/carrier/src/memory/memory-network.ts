// A carrier within one process, for tests: the side that offers and the side that reaches share one network, which can drop all
// channels after an exact number of bytes.

import type { Duplex } from 'node:stream';

import { CodedError } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';

import type { Offerer, OfferOptions, Reacher } from '../carrier.ts';
import { MemoryChannel } from './memory-channel.ts';

export type MemoryAddress = { kind: 'memory'; name: string };

/** The side that the bytes are on their way to. */
export type Towards = 'front' | 'consumer';

export interface MemoryNetwork {
  readonly offerer: Offerer<MemoryAddress>;
  readonly reacher: Reacher;
  /** Bytes that have passed in each direction since the network was made, of all channels together. */
  readonly passed: Readonly<Record<Towards, number>>;
  /**
   * Loses all channels once exactly this many more bytes have passed in this direction; further bytes do not arrive. 0: none
   * arrives, and the next write is the one that loses them. Infinity: takes back what was asked before.
   * A loss that is on its way happens first: it does not reach the channels that are opened after this call.
   */
  dropAfter(towards: Towards, bytes: number): void;
  /** Loses all channels now. Each offering comes up again with its next generation, as after `dropAfter`. */
  drop(): void;
}

export function createMemoryNetwork(): MemoryNetwork {
  const passed = { front: 0, consumer: 0 };
  const left: Partial<Record<Towards, number>> = {};
  const offerings = new Map<string, Offering>();

  let dropping: NodeJS.Immediate | undefined;

  const passage = (towards: Towards) => (bytes: number) => {
    if (dropping) return 0;
    const limit = left[towards];
    const passing = limit === undefined ? bytes : Math.min(bytes, limit);
    passed[towards] += passing;
    if (limit === undefined) return passing;
    left[towards] = limit - passing;
    if (limit === passing) dropSoon(towards);
    return passing;
  };

  /** When the last bytes have been read. Until then nothing passes in either direction. */
  function dropSoon(towards: Towards): void {
    delete left[towards];
    dropping ??= setImmediate(drop);
  }

  function drop(): void {
    clearImmediate(dropping);
    dropping = undefined;
    for (const offering of offerings.values()) offering.lose('the network dropped it');
  }

  return {
    passed,
    offerer: { kind: 'memory', offer: (options) => new Offering(options, offerings) },
    reacher: {
      kind: 'memory',
      ready: async () => undefined,
      async reach(address, { signal } = {}) {
        signal?.throwIfAborted();
        const offering = isMemory(address) ? offerings.get(address.name) : undefined;
        if (!offering) throw new CodedError('dial_refused', 'nothing answers at this address', { retryable: true });
        return offering.open(passage);
      },
    },
    dropAfter(towards, bytes) {
      if (dropping) drop();
      left[towards] = bytes;
    },
    drop,
  };
}

class Offering implements AsyncDisposable {
  readonly #options: OfferOptions<MemoryAddress>;
  /** By name of the address. */
  readonly #offerings: Map<string, Offering>;
  readonly #channels = new Set<Duplex>();
  #generation: number;
  #isClosed = false;

  constructor(options: OfferOptions<MemoryAddress>, offerings: Map<string, Offering>) {
    this.#options = options;
    this.#offerings = offerings;
    this.#generation = options.firstGeneration;
    queueMicrotask(() => this.#rise());
  }

  open(passage: (towards: Towards) => (bytes: number) => number): Duplex {
    const consumer = new MemoryChannel(passage('front'));
    const front = new MemoryChannel(passage('consumer'));
    MemoryChannel.join(consumer, front);
    for (const channel of [consumer, front]) {
      this.#channels.add(channel);
      channel.once('close', () => this.#channels.delete(channel));
    }
    this.#options.accept(front);
    return consumer;
  }

  lose(reason: string): void {
    this.#fall(reason);
    this.#generation += 1;
    queueMicrotask(() => this.#rise());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#fall('closed');
  }

  #rise(): void {
    if (this.#isClosed) return;
    this.#offerings.set(this.#name(), this);
    const address: MemoryAddress = { kind: 'memory', name: this.#name() };
    this.#options.onUp({ generation: this.#generation, address, via: 'memory', why: '', refused: [] });
  }

  #fall(reason: string): void {
    if (!this.#offerings.delete(this.#name())) return;
    const error = new CodedError('connection_lost', `lost the channel: ${reason}`, { retryable: true });
    for (const channel of this.#channels) {
      // Owners may have gone by now.
      channel.on('error', () => undefined);
      channel.destroy(error);
    }
    this.#options.onDown(reason);
  }

  #name(): string {
    return `${this.#options.instanceId}-${this.#generation}-${this.#options.use}`;
  }
}

function isMemory(address: EndpointAddress): address is MemoryAddress {
  return address.kind === 'memory' && 'name' in address;
}
