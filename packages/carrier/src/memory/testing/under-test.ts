// The carrier in memory, for the contract.

import type { CarrierUnderTest } from '../../carrier.contract.ts';
import { createMemoryNetwork } from '../memory-network.ts';

export const carrierUnderTest: CarrierUnderTest = {
  kind: 'memory',
  async openWorld() {
    const network = createMemoryNetwork();
    return {
      offerer: network.offerer,
      reacher: network.reacher,
      cut: async () => network.drop(),
      async [Symbol.asyncDispose]() {},
    };
  },
};
