// The process that makes the load, separate from what it measures. Answers with figures, not with thousands of samples.

import { type DelayLoad, loadDelays } from '../distance/load-delays.ts';
import { takeOrders } from '../harness/worker.ts';
import { quantile } from '../harness/statistics.ts';
import type { Requester } from './requester.ts';
import {
  type FirstBytes,
  loadAgain,
  loadBulk,
  loadBurst,
  loadFirstBytes,
  type LoadOptions,
  loadStreams,
} from './load.ts';
import { loadPaced, type PacedLoad } from './load-paced.ts';
import { createRawRequester, type RawAddress } from './raw-requester.ts';
import { openSdkRequester, type SdkAddress } from './sdk-requester.ts';
import { openStalledReaders, type StalledReaders } from './stalled-readers.ts';

export type RequesterAddress = { kind: 'raw'; raw: RawAddress } | { kind: 'sdk'; sdk: SdkAddress };

const requesters = new Map<string, Requester>();
const rawAddresses = new Map<string, RawAddress>();
const stalled = new Map<string, StalledReaders>();

function requesterOf(way: string): Requester {
  const requester = requesters.get(way);
  if (!requester) throw new Error(`there is no way ${way}`);
  return requester;
}

function summaryOf({ samplesMs, failures }: FirstBytes) {
  return { p50: quantile(samplesMs, 0.5), p99: quantile(samplesMs, 0.99), requests: samplesMs.length, failures };
}

const orders = {
  async open({ way, address }: { way: string; address: RequesterAddress }): Promise<void> {
    if (address.kind === 'raw') rawAddresses.set(way, address.raw);
    requesters.set(way, address.kind === 'raw' ? createRawRequester(address.raw) : await openSdkRequester(address.sdk));
  },
  async firstBytes({ way, ...options }: LoadOptions & { way: string; keep: boolean }) {
    return summaryOf(await loadFirstBytes(requesterOf(way), options));
  },
  async burst({ way, streams }: { way: string; streams: number }) {
    return summaryOf(await loadBurst(requesterOf(way), { streams }));
  },
  again: ({ way, ...options }: LoadOptions & { way: string }) => loadAgain(requesterOf(way), options),
  async streams({ way, ...options }: LoadOptions & { way: string; decodeMs: number }) {
    const { gapsMs, ...flow } = await loadStreams(requesterOf(way), options);
    return { ...flow, gapP99Ms: quantile(gapsMs, 0.99) };
  },
  delays: ({ way, ...load }: DelayLoad & { way: string }) => loadDelays(requesterOf(way), load),
  paced: ({ way, ...load }: PacedLoad & { way: string }) => loadPaced(requesterOf(way), load),
  async stall({ way, readers }: { way: string; readers: number }): Promise<void> {
    const raw = rawAddresses.get(way);
    if (!raw) throw new Error(`${way} has no local port`);
    stalled.set(way, await openStalledReaders(raw, readers));
  },
  async leave({ way }: { way: string }): Promise<void> {
    await stalled.get(way)?.[Symbol.asyncDispose]();
    stalled.delete(way);
  },
  bulk: ({ way, megabytes }: { way: string; megabytes: number }) => loadBulk(requesterOf(way), { megabytes }),
};
export type LoadOrders = typeof orders;

takeOrders(orders);
