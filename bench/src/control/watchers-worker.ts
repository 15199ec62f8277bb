// Many watchers in one process: each receives every change; the time of the last one counts.

import { setTimeout as delay } from 'node:timers/promises';

import { connectOwner, type Owner } from '@fairlead/control/testing';
import { leadInstance, type WatchMessage } from '@fairlead/protocol';

import { quantile } from '../harness/statistics.ts';
import { takeOrders } from '../harness/worker.ts';
import { nowMs, readStamp } from './stamp.ts';

export interface WatchersWanted {
  socketPath: string;
  certificate: string;
  token: string;
  watchers: number;
}

export interface Heard {
  /** Changes that every watcher has received. */
  byAll: number;
  /** Changes that some watchers have not received. */
  byFewer: number;
  /** Time from a change to each watcher. */
  anyMs: { p50: number; p99: number };
  /** Time from a change to the last watcher. */
  everyMs: { p50: number; p99: number };
  resyncs: number;
}

const retryIntervalMs = 300;
let owner: Owner | undefined;
let wanted = 0;
let watching = 0;
let resyncs = 0;
let seen = new Map<string, { heard: number; lastMs: number }>();
let anyMs: number[] = [];

const orders = {
  /** Resolves when each watcher has its snapshot. */
  async open({ watchers, ...address }: WatchersWanted): Promise<void> {
    owner = connectOwner(address);
    wanted = watchers;
    for (let watcher = 0; watcher < watchers; watcher++) follow(owner);
    await orders.back();
  },
  /** Resolves when all watchers are connected. */
  async back(): Promise<void> {
    while (watching < wanted) await delay(5);
  },
  /** The figures since the last call. */
  async heard(): Promise<Heard> {
    const all = [...seen.values()];
    const everyMs = all.filter(({ heard }) => heard === wanted).map(({ lastMs }) => lastMs);
    const heard = {
      byAll: everyMs.length,
      byFewer: all.length - everyMs.length,
      anyMs: { p50: quantile(anyMs, 0.5), p99: quantile(anyMs, 0.99) },
      everyMs: { p50: quantile(everyMs, 0.5), p99: quantile(everyMs, 0.99) },
      resyncs,
    };
    seen = new Map();
    anyMs = [];
    resyncs = 0;
    return heard;
  },
};
export type WatcherOrders = typeof orders;

/** Reconnects after a random delay whenever its connection ends. */
async function watchOnce(by: Owner): Promise<void> {
  const watch = await by.watch();
  watching += 1;
  watch.messages.length = 0;
  watch.received.add((message) => {
    watch.messages.length = 0;
    take(message);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  watch.socket.once('close', resolve);
  if (watch.socket.readyState === 3) resolve();
  await promise;
  watching -= 1;
}

function follow(by: Owner): void {
  const again = () => void setTimeout(() => follow(by), Math.random() * retryIntervalMs);
  watchOnce(by).then(again, again);
}

function take(message: WatchMessage): void {
  if (message.type === 'resync') resyncs += 1;
  if (message.type !== 'deployment.changed') return;
  const { state } = leadInstance(message.deployment);
  const saidMs = state.status === 'degraded' ? readStamp(state.reason) : undefined;
  if (saidMs === undefined || state.status !== 'degraded') return;
  const lateMs = nowMs() - saidMs;
  const key = `${message.deployment.name} ${state.reason}`;
  const known = seen.get(key) ?? { heard: 0, lastMs: 0 };
  known.heard += 1;
  known.lastMs = Math.max(known.lastMs, lateMs);
  seen.set(key, known);
  anyMs.push(lateMs);
}

takeOrders(orders);
