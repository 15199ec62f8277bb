// A gateway's data path in a process of its own, so that its memory and processor time can be read.

import { openRelayTo } from '@fairlead/gateway/testing';
import { countBuffersAsHeap } from '@fairlead/kit';

import { takeOrders } from '../harness/worker.ts';

export interface RelayOrders {
  open(given: { socket: string; stateDir: string; instances?: number }): Promise<{ port: number; key: string }>;
}

takeOrders({
  async open(given: { socket: string; stateDir: string; instances?: number }) {
    // As the gateway's own program begins.
    countBuffersAsHeap(process.versions.node);
    const { port, key } = await openRelayTo(given);
    return { port, key };
  },
} satisfies RelayOrders);
