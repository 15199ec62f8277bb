import { buffer } from 'node:stream/consumers';

import type { EndpointAddress } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import type { Reacher } from './carrier.ts';
import { createReach } from './create-reach.ts';
import { createMemoryNetwork } from './memory/memory-network.ts';

describe('A reach', () => {
  it('takes the carrier of the address, among all that the program has', async () => {
    const network = createMemoryNetwork();
    const other: Reacher = {
      kind: 'other',
      ready: () => Promise.reject(new Error('not asked for')),
      reach: () => Promise.reject(new Error('not asked for')),
    };
    const reach = createReach([other, network.reacher]);
    const up = Promise.withResolvers<EndpointAddress>();
    await using _offering = network.offerer.offer({
      instanceId: 'aaaaaaaa',
      use: 'data',
      firstGeneration: 1,
      accept: (channel) => void channel.end('by memory'),
      onUp: ({ address }) => up.resolve(address),
      onDown: () => undefined,
      onTrouble: () => undefined,
      onHopeless: () => undefined,
    });
    const address = await up.promise;
    await reach.ready(address);
    const channel = await reach.reach(address);
    expect((await buffer(channel)).toString()).toBe('by memory');
    await expect(reach.reach({ kind: 'other' })).rejects.toThrow('not asked for');
  });

  it('says of an address by a carrier that the program does not have what to do', async () => {
    const reach = createReach([createMemoryNetwork().reacher]);
    const refusal = { code: 'path_broken', message: expect.stringContaining('"relay"'), retryable: false };
    await expect(reach.reach({ kind: 'relay' })).rejects.toMatchObject(refusal);
    await expect(reach.ready({ kind: 'relay' })).rejects.toMatchObject(refusal);
  });
});
