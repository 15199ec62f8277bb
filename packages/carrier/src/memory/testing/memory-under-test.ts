// The carrier in memory, for the contract.

import type { EndpointAddress } from '@fairlead/protocol';

import type { Offerer } from '../../carrier.ts';
import type { CarrierUnderTest } from '../../carrier.contract.ts';
import { createMemoryNetwork } from '../memory-network.ts';

export const memoryUnderTest: CarrierUnderTest = {
  kind: 'memory',
  async openWorld() {
    const network = createMemoryNetwork();
    return {
      offerer: network.offerer as Offerer<EndpointAddress>,
      reacher: network.reacher,
      cut: async () => network.drop(),
      async [Symbol.asyncDispose]() {},
    };
  },
};
