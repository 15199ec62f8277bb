// The throw-away carrier's world for the contract; third-kinds.test.ts puts this file beside it.

import { LocalOfferer, localReacher } from './local-socket-carrier.ts';

export const carrierUnderTest = {
  kind: 'local-socket',
  async openWorld() {
    const offerer = new LocalOfferer();
    return {
      offerer,
      reacher: localReacher,
      cut: async () => offerer.cut(),
      async [Symbol.asyncDispose]() {},
    };
  },
};
