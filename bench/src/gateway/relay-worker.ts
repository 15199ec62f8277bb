// A gateway's data path in a process of its own, so that its memory and processor time can be read.

import { fillHistory, type History, openRelayTo, type RelayTo, type RelayToOptions } from '@fairlead/gateway/testing';
import { countBuffersAsHeap } from '@fairlead/kit';

import { takeOrders } from '../harness/worker.ts';

export interface RelayOrders {
  open(given: RelayToOptions): Promise<{ port: number; key: string; startMs: number }>;
  /** Before it is opened. */
  fill(given: History & { stateDir: string }): void;
  /** Returns when that was, in ms of the clock that all processes of this machine share. */
  revoke(): number;
}

let relay: RelayTo | undefined;

takeOrders({
  async open(given: RelayToOptions) {
    // As the gateway's own program begins.
    countBuffersAsHeap(process.versions.node);
    relay = await openRelayTo(given);
    const { port, key, startMs } = relay;
    return { port, key, startMs };
  },
  fill: ({ stateDir, ...history }) => fillHistory(stateDir, history, Date.now()),
  revoke() {
    relay?.revoke();
    return sharedMs();
  },
} satisfies RelayOrders);

function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
