// A gateway's data path in a process of its own, so that its memory and processor time can be read.

import { openRelayTo } from '@fairlead/gateway/testing';

import { takeOrders } from '../harness/worker.ts';

export interface RelayOrders {
  open(given: { socket: string; stateDir: string }): Promise<{ port: number; key: string }>;
}

takeOrders({
  async open(given: { socket: string; stateDir: string }) {
    const { port, key } = await openRelayTo(given);
    return { port, key };
  },
} satisfies RelayOrders);
