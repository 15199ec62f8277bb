// A throw-away carrier: job and consumer run on one machine and share its unix sockets. third-kinds.test.ts puts this file into
// a copy of this checkout.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CarrierKind, Offerer, OfferOptions, Reacher } from '@fairlead/carrier';
import { CodedError } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';

const kind = 'local-socket';

export class LocalOfferer implements Offerer {
  readonly kind = kind;
  readonly #offerings = new Set<Offering>();

  offer(options: OfferOptions<EndpointAddress>): AsyncDisposable {
    const offering = new Offering(options);
    this.#offerings.add(offering);
    return offering;
  }

  /** For the contract. */
  cut(): void {
    for (const offering of this.#offerings) offering.cut();
  }
}

class Offering implements AsyncDisposable {
  readonly #options: OfferOptions<EndpointAddress>;
  readonly #dir = mkdtempSync(join(tmpdir(), 'fl-l-'));
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #generation: number;
  #isClosed = false;

  constructor(options: OfferOptions<EndpointAddress>) {
    this.#options = options;
    this.#generation = options.firstGeneration;
    this.#rise();
  }

  cut(): void {
    if (this.#isClosed) return;
    this.#fall('cut');
    this.#generation += 1;
    this.#rise();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#fall('closed');
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #rise(): void {
    const generation = this.#generation;
    const socket = join(this.#dir, `${generation}.sock`);
    const server = createServer({ allowHalfOpen: true }, (channel) => {
      this.#sockets.add(channel.once('close', () => this.#sockets.delete(channel)));
      this.#options.accept(channel);
    });
    this.#server = server.listen(socket, () =>
      this.#options.onUp({ generation, address: { kind, socket }, via: this.#dir, why: '', refused: [] }),
    );
  }

  #fall(reason: string): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    this.#options.onDown(reason);
  }
}

export const localReacher: Reacher = {
  kind,
  ready: async () => undefined,
  async reach(address, { signal } = {}) {
    signal?.throwIfAborted();
    const channel = connect({ path: (address as { socket: string }).socket, allowHalfOpen: true });
    try {
      await once(channel, 'connect', signal ? { signal } : {});
    } catch (cause) {
      throw new CodedError('dial_refused', 'nothing answers at this socket', { retryable: true, cause });
    }
    return channel;
  },
};

export const localSocket: CarrierKind = {
  kind,
  createOfferer: () => new LocalOfferer(),
  createReacher: () => localReacher,
};
