// Runs at an interval: ends leases whose time is over, and drops watchers that no longer answer.

import { type Clock, type Guard, type Log, repeatEvery } from '@fairlead/kit';

import type { Registry } from './registry/registry.ts';
import type { WatchHub } from './ws/watch-hub.ts';

export interface SweeperDeps {
  registry: Registry;
  watchers: WatchHub;
  /** Whether control has dialled every agent whose socket it found at its start. */
  isCaughtUp: () => boolean;
  clock: Clock;
  log: Log;
  guard: Guard;
}

const watchersIntervalMs = 4000;
const leftOutIntervalMs = 60_000;
const reloadIntervalMs = 1000;
/** After a start no agent is marked silent before control has tried to reach it once, for at most this many leases. */
const catchingUpLeases = 8;

/** Runs until disposed. */
export function runSweeper(deps: SweeperDeps): AsyncDisposable {
  const { clock, registry, guard, watchers } = deps;
  const ended = new AbortController();
  const { signal } = ended;
  const tickMs = Math.max(10, Math.min(250, registry.leaseMs / 20));
  const loop = { clock, guard, signal };
  const loops = [
    repeatEvery(tickMs, sweepLeases(deps, tickMs), { ...loop, op: 'lease.sweep' }),
    repeatEvery(watchersIntervalMs, () => watchers.sweep(), { ...loop, op: 'watch.sweep' }),
    repeatEvery(leftOutIntervalMs, () => registry.tellLeftOut(), { ...loop, op: 'history.left_out' }),
    // The store is tried again here too: agents and leases wait for it even while no caller asks for a change.
    repeatEvery(reloadIntervalMs, () => registry.usable(), { ...loop, op: 'store.reload' }),
  ];
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await Promise.all(loops);
    },
  };
}

/** Returns a function that sweeps once. It remembers when it last ran. */
function sweepLeases({ registry, clock, log, isCaughtUp }: SweeperDeps, tickMs: number): () => void {
  const { leaseMs } = registry;
  const startedMs = clock.monotonicMs();
  let due = startedMs + tickMs;
  let catchingUp = true;
  return () => {
    const now = clock.monotonicMs();
    // Control was suspended or too busy to listen: no agent may be marked silent for that time.
    if (now - due > leaseMs / 3) {
      log.warn({ op: 'lease.sweep', lateMs: Math.round(now - due) }, 'was held up: every agent gets a whole lease');
      registry.renewLeases();
    }
    due = now + tickMs;
    catchingUp &&= !isCaughtUp() && now - startedMs < catchingUpLeases * leaseMs;
    if (catchingUp) registry.renewLeases();
    registry.expireLeases();
  };
}
