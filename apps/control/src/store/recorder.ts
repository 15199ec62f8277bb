// Keeps memory and disk equal: commits each change, or reloads the memory from the disk. If the disk cannot be read either, the
// memory stays as it is and no change is made until the disk can be read again.

import { type Clock, errorText, type Guard, type Log } from '@fairlead/kit';
import type { EventView } from '@fairlead/protocol';

import { Journal } from './journal.ts';
import type { Store, Write } from './store.ts';
import { staleError } from './store-error.ts';

/** Minimum time between two attempts to read the store again. */
const reloadAfterMs = 250;

export interface RecorderDeps {
  store: Store;
  clock: Clock;
  log: Log;
  guard: Guard;
  /** After each commit, as `JournalEvents.onCommitted`. */
  onCommitted: (added: readonly EventView[] | undefined) => void;
  /** Fills the memory from the disk. Where it throws, the memory is as it was. */
  refill: () => Promise<void>;
}

export class Recorder {
  readonly #deps: RecorderDeps;
  readonly #journal: Journal;
  #failing = false;
  /** Why the memory may differ from the disk: a commit failed, and the store could not be read either. */
  #stale: { error: unknown } | undefined;
  #reloading: Promise<void> | undefined;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    this.#journal = new Journal(deps.store, {
      onCommitted: (added) => {
        if (added) this.#writable();
        deps.onCommitted(added);
      },
      onFailed: (error) => this.#recover(error),
      onFault: (error) => deps.guard.failed('journal', error),
    });
  }

  /** False after the store could be neither written nor read. */
  get isUsable(): boolean {
    return this.#stale === undefined;
  }

  /** Reads the store again where that is needed. Throws `store_unreadable` where it still cannot be read. */
  async usable(): Promise<void> {
    if (this.#stale === undefined) return;
    this.#reloading ??= this.#reload().finally(() => (this.#reloading = undefined));
    await this.#reloading;
  }

  /**
   * Calls `decide` at once if memory and disk are equal, else once they are. Resolves when what was decided is on disk;
   * rejects with what `decide` throws, `store_unreadable`, `store_failed` or `store_corrupt`.
   */
  record(decide: () => readonly Write[]): Promise<void> {
    if (this.#stale) return this.usable().then(() => this.record(decide));
    try {
      return this.#journal.add(decide());
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Resolves when all that was recorded before has been answered. */
  settled(): Promise<void> {
    return this.#journal.add([]);
  }

  /** Resolves when nothing is waiting any more. */
  idle(): Promise<void> {
    return this.#journal.idle();
  }

  /** Refills the memory from the disk. Callers whose change was not stored ask again. */
  async #recover(error: unknown): Promise<void> {
    const { log, refill } = this.#deps;
    const said = { op: 'store.commit', ok: false, error: errorText(error) };
    if (this.#failing) log.debug(said);
    else log.error(said, 'cannot write to the store: changes are refused until it can');
    this.#failing = true;
    try {
      await refill();
    } catch (unread) {
      this.#stale = { error: unread };
      log.error({ op: 'store.load', ok: false, error: errorText(unread) }, 'cannot read the store either');
    }
  }

  /** Callers that come within a moment share one attempt. */
  async #reload(): Promise<void> {
    const { clock, log, refill } = this.#deps;
    await clock.sleep(reloadAfterMs);
    try {
      await refill();
    } catch (error) {
      throw staleError(error);
    }
    this.#stale = undefined;
    log.info({ op: 'store.load', ok: true }, 'can read the store again');
  }

  #writable(): void {
    if (this.#failing) this.#deps.log.info({ op: 'store.commit', ok: true }, 'can write to the store again');
    this.#failing = false;
  }
}
