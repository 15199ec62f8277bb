// A throw-away carrier: what stands here, taken for a folder of its own, and one line in each of two lists.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { CodedError, Scope } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import type { Offerer, OfferOptions, Reacher } from './carrier.ts';
import { type CarrierUnderTest, describeCarrierContract } from './carrier.contract.ts';
import { createReach } from './create-reach.ts';
import { createMemoryNetwork } from './memory/memory-network.ts';

/** Job and consumer share a directory of unix sockets, as two programs on one lab machine do. */
class LocalSockets implements Offerer<EndpointAddress> {
  readonly kind = 'local-socket';
  readonly #dir: string;
  readonly #running = new Set<{ cut: () => void }>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  offer(options: OfferOptions<EndpointAddress>): AsyncDisposable {
    let generation = options.firstGeneration - 1;
    let server: Server | undefined;
    const sockets = new Set<Socket>();
    const rise = () => {
      generation += 1;
      const socket = join(this.#dir, `${options.instanceId}-${generation}-${options.use}`);
      const address = { kind: this.kind, socket };
      server = createServer({ allowHalfOpen: true }, (channel) => {
        sockets.add(channel.once('close', () => sockets.delete(channel)));
        options.accept(channel);
      });
      server.listen(socket, () => options.onUp({ generation, address, via: this.#dir, why: '', refused: [] }));
    };
    const fall = (reason: string) => {
      for (const socket of sockets) socket.destroy();
      server?.close();
      server = undefined;
      options.onDown(reason);
    };
    const entry = {
      cut: () => {
        fall('cut');
        rise();
      },
    };
    this.#running.add(entry);
    rise();
    return {
      [Symbol.asyncDispose]: async () => {
        if (!this.#running.delete(entry)) return;
        fall('closed');
      },
    };
  }

  cut(): void {
    for (const { cut } of this.#running) cut();
  }
}

const localReacher: Reacher = {
  kind: 'local-socket',
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

const localUnderTest: CarrierUnderTest = {
  kind: 'local-socket',
  async openWorld() {
    const scope = new Scope();
    const dir = mkdtempSync(join(tmpdir(), 'fl-l-'));
    scope.defer(() => rmSync(dir, { recursive: true, force: true }));
    const offerer = new LocalSockets(dir);
    return {
      offerer,
      reacher: localReacher,
      cut: async () => offerer.cut(),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  },
};

describeCarrierContract(localUnderTest);

describe('A reach', () => {
  it('takes the carrier of the address, among all that the program has', async () => {
    const network = createMemoryNetwork();
    await using world = await localUnderTest.openWorld();
    const reach = createReach([network.reacher, localReacher]);
    const offers = [network.offerer as Offerer<EndpointAddress>, world.offerer];
    for (const offerer of offers) {
      const up = Promise.withResolvers<EndpointAddress>();
      await using _offering = offerer.offer({
        instanceId: 'aaaaaaaa',
        use: 'data',
        firstGeneration: 1,
        accept: (channel) => void channel.end(`by ${offerer.kind}`),
        onUp: ({ address }) => up.resolve(address),
        onDown: () => undefined,
        onTrouble: () => undefined,
        onHopeless: () => undefined,
      });
      const address = await up.promise;
      await reach.ready(address);
      const channel = await reach.reach(address);
      expect((await buffer(channel)).toString()).toBe(`by ${offerer.kind}`);
      channel.destroy();
    }
  });

  it('says of an address by a carrier that the program does not have what to do', async () => {
    const reach = createReach([localReacher]);
    const refusal = { code: 'path_broken', message: expect.stringContaining('"relay"'), retryable: false };
    await expect(reach.reach({ kind: 'relay' })).rejects.toMatchObject(refusal);
    await expect(reach.ready({ kind: 'relay' })).rejects.toMatchObject(refusal);
  });
});
