// Group commit: whatever is written in one turn of the event loop, or while a commit runs, shares one transaction.

import { setImmediate } from 'node:timers/promises';

import type { EventView } from '@fairlead/protocol';

import type { Store, Write } from './store.ts';

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** An error that a handler throws goes to `onFault`; the journal goes on. */
export interface JournalEvents {
  /** Called after a commit and before its callers' promises resolve, with the new events; undefined after a turn without writes. */
  onCommitted: (added: readonly EventView[] | undefined) => void;
  /** Called once after a failed turn and awaited before the next one. Nothing of that turn or added since is on disk. */
  onFailed: (error: unknown) => Promise<void>;
  onFault: (error: unknown) => void;
}

export class Journal {
  readonly #store: Store;
  readonly #events: JournalEvents;
  #writes: Write[] = [];
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(store: Store, events: JournalEvents) {
    this.#store = store;
    this.#events = events;
  }

  /** Resolves when all of it is on disk; promises resolve in the order of the calls. */
  add(writes: readonly Write[]): Promise<void> {
    this.#writes.push(...writes);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when nothing is waiting any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Never rejects; each waiting caller gets an answer. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await setImmediate();
      const writes = this.#writes;
      const waiting = this.#waiting;
      this.#writes = [];
      this.#waiting = [];
      let added: readonly EventView[] | undefined;
      try {
        if (writes.length > 0) added = await this.#store.commit(writes);
      } catch (error) {
        await this.#fail(error, waiting);
        continue;
      }
      try {
        this.#events.onCommitted(added);
      } catch (error) {
        this.#events.onFault(error);
      }
      for (const { resolve } of waiting) resolve();
    }
    this.#running = undefined;
  }

  async #fail(error: unknown, waiting: readonly Waiting[]): Promise<void> {
    try {
      await this.#events.onFailed(error);
    } catch (fault) {
      this.#events.onFault(fault);
    }
    // Changes that were decided since then depend on changes that were not stored: they are rejected too.
    const all = [...waiting, ...this.#waiting];
    this.#writes = [];
    this.#waiting = [];
    for (const { reject } of all) reject(error);
  }
}
