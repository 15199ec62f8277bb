// Removes old records in small steps: history beyond its limits, and deployments that ended long ago.

import { type Clock, type Guard, type Log, untilOver } from '@fairlead/kit';

import type { Registry } from './registry/registry.ts';
import type { Store } from './store/store.ts';
import { decidePruning } from './domain/decide-pruning.ts';

export interface Keeping {
  /** How long events, and deployments after their end, are kept. */
  keepMs: number;
  /** How many events at most. */
  keepEvents: number;
  /** How many events of one deployment at most. */
  keepEventsEach: number;
}

/**
 * A quarter of a year. An event takes about 200 bytes, at most 4.5 KB of ASCII text: 10 MB of a home's quota, at worst 230;
 * 1 MB of one deployment, at worst 23.
 */
export const defaultKeeping: Keeping = { keepMs: 90 * 24 * 60 * 60 * 1000, keepEvents: 50_000, keepEventsEach: 5000 };

const intervalMs = 60 * 60 * 1000;
/** After so many new events it prunes at once, before the hour is over. */
const everyEvents = 1000;
/** Records in one transaction: about 10 ms. */
const step = 250;
/** Between two steps requests are answered. */
const pauseMs = 50;

export interface PrunerDeps {
  registry: Registry;
  store: Pick<Store, 'pruneHistory' | 'settle'>;
  keeping: Keeping;
  clock: Clock;
  log: Log;
  guard: Guard;
}

/** Runs until disposed. */
export function runPruner(deps: PrunerDeps): AsyncDisposable {
  const ended = new AbortController();
  const loop = pruneAgainAndAgain(deps, ended.signal);
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await loop;
    },
  };
}

async function pruneAgainAndAgain(deps: PrunerDeps, signal: AbortSignal): Promise<void> {
  const { registry, clock, guard } = deps;
  const flood = countFlood(registry);
  try {
    while (!signal.aborted) {
      // A full disk refuses removals too. The next step tries again.
      await guard.turn('prune', () => pruneOnce(deps, signal));
      const wake = AbortSignal.any([signal, flood.next()]);
      await untilOver(clock.sleep(intervalMs, wake), wake);
    }
  } finally {
    flood.stop();
  }
}

async function pruneOnce(deps: PrunerDeps, signal: AbortSignal): Promise<void> {
  const { store, log } = deps;
  try {
    const removed = await pruneAll(deps, signal);
    if (removed > 0) log.info({ op: 'prune', ok: true, removed });
    await store.settle();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function pruneAll({ registry, store, keeping, clock }: PrunerDeps, signal: AbortSignal): Promise<number> {
  const beforeMs = clock.now() - keeping.keepMs;
  const bounds = { beforeMs, most: keeping.keepEvents, mostEach: keeping.keepEventsEach };
  let removed = 0;
  for (;;) {
    const gone = decidePruning({
      deployments: registry.deployments(),
      formers: registry.formers(),
      beforeMs,
      limit: step,
    });
    const records = gone.deployments.length + gone.formers.length;
    if (records > 0) await registry.forget(gone);
    const events = await store.pruneHistory(bounds, step);
    removed += records + events;
    // A deployment goes in the step after its former instances.
    if (records === 0 && events < step) return removed;
    await clock.sleep(pauseMs, signal);
  }
}

/** A signal that fires when many events have been added since it was asked for. */
function countFlood(registry: Registry) {
  let added = 0;
  let full = new AbortController();
  const stop = registry.historyAdded.add((events) => {
    added += events.length;
    if (added >= everyEvents) full.abort();
  });
  const next = () => {
    added = 0;
    full = new AbortController();
    return full.signal;
  };
  return { next, stop };
}
