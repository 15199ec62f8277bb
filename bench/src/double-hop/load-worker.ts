// The process that loads the ways: kept apart from what it measures. Answers with figures, never with raw samples by the thousand.

import { takeOrders } from '../harness/worker.ts';
import { quantile } from '../harness/statistics.ts';
import type { Carrier } from './carrier.ts';
import { type FirstBytes, loadBulk, loadBurst, loadFirstBytes, type LoadOptions, loadStreams } from './load.ts';
import { createRawCarrier, type RawAddress } from './raw-carrier.ts';
import { openSdkCarrier, type SdkAddress } from './sdk-carrier.ts';

export type Reach = { kind: 'raw'; raw: RawAddress } | { kind: 'sdk'; sdk: SdkAddress };

const carriers = new Map<string, Carrier>();

function carrierOf(way: string): Carrier {
  const carrier = carriers.get(way);
  if (!carrier) throw new Error(`there is no way ${way}`);
  return carrier;
}

function summaryOf({ samplesMs, failures }: FirstBytes) {
  return { p50: quantile(samplesMs, 0.5), p99: quantile(samplesMs, 0.99), requests: samplesMs.length, failures };
}

const orders = {
  async open({ way, reach }: { way: string; reach: Reach }): Promise<void> {
    carriers.set(way, reach.kind === 'raw' ? createRawCarrier(reach.raw) : await openSdkCarrier(reach.sdk));
  },
  async firstBytes({ way, ...options }: LoadOptions & { way: string; keep: boolean }) {
    return summaryOf(await loadFirstBytes(carrierOf(way), options));
  },
  async burst({ way, streams }: { way: string; streams: number }) {
    return summaryOf(await loadBurst(carrierOf(way), { streams }));
  },
  async streams({ way, ...options }: LoadOptions & { way: string; decodeMs: number }) {
    const { gapsMs, ...flow } = await loadStreams(carrierOf(way), options);
    return { ...flow, gapP99Ms: quantile(gapsMs, 0.99) };
  },
  bulk: ({ way, megabytes }: { way: string; megabytes: number }) => loadBulk(carrierOf(way), { megabytes }),
};
export type LoadOrders = typeof orders;

takeOrders(orders);
