// The slow heartbeat of control itself: ends leases whose time is over, and finds watchers that are gone.

import { type Clock, errorText, type Log } from '@fairlead/kit';

import type { Directory } from './directory.ts';
import type { Guard } from './guard.ts';
import type { WatchHub } from './ws/watch-hub.ts';

export interface SweeperDeps {
  directory: Directory;
  watchers: WatchHub;
  /** Whether every agent that was there at the start has been called. */
  isCaughtUp: () => boolean;
  clock: Clock;
  log: Log;
  guard: Guard;
}

const WATCHERS_EVERY_MS = 4000;
const LEFT_OUT_EVERY_MS = 60_000;
const RELOAD_EVERY_MS = 1000;
/** After a start no agent is marked silent before control has tried to reach it once, for at most this many leases. */
const CATCHING_UP_LEASES = 8;

/** Runs until disposed. */
export function runSweeper(deps: SweeperDeps): AsyncDisposable {
  const { clock, directory, guard, watchers } = deps;
  const ended = new AbortController();
  const { signal } = ended;
  const tickMs = Math.max(10, Math.min(250, directory.leases.leaseMs / 20));
  const loops = [
    guard.loop('lease.sweep', sweepLeases(deps, tickMs), { clock, everyMs: tickMs, signal }),
    guard.loop('watch.sweep', () => watchers.sweep(), { clock, everyMs: WATCHERS_EVERY_MS, signal }),
    guard.loop('history.left_out', () => directory.tellLeftOut(), { clock, everyMs: LEFT_OUT_EVERY_MS, signal }),
    // Agents and leases wait for the store also while no caller asks for a change.
    guard.loop('store.reload', () => directory.recorder.usable(), { clock, everyMs: RELOAD_EVERY_MS, signal }),
  ];
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await Promise.all(loops);
    },
  };
}

/** One turn of the sweep; it knows when the one before was. */
function sweepLeases({ directory, clock, log, isCaughtUp }: SweeperDeps, tickMs: number): () => void {
  const { leases } = directory;
  const startedMs = clock.monotonicMs();
  let due = startedMs + tickMs;
  let catchingUp = true;
  return () => {
    const now = clock.monotonicMs();
    // Control was suspended or too busy to listen: no agent may be marked silent for that time.
    if (now - due > leases.leaseMs / 3) {
      log.warn({ op: 'lease.sweep', lateMs: Math.round(now - due) }, 'was held up: every agent gets a whole lease');
      leases.renewAll(now);
    }
    due = now + tickMs;
    catchingUp &&= !isCaughtUp() && now - startedMs < CATCHING_UP_LEASES * leases.leaseMs;
    if (catchingUp) leases.renewAll(now);
    for (const { id, silentMs } of leases.expired(now)) expire(directory, log, { id, silentMs });
  };
}

function expire(directory: Directory, log: Log, { id, silentMs }: { id: string; silentMs: number }): void {
  const entry = directory.findInstance(id);
  directory.leases.end(id);
  if (!entry) return;
  log.warn({ op: 'lease.end', instance: id, silentMs: Math.round(silentMs) }, 'the agent is lost');
  directory.apply(entry, { type: 'lease.expired', silentMs }).catch((error: unknown) => {
    log.error({ op: 'lease.end', ok: false, instance: id, error: errorText(error) });
  });
}
