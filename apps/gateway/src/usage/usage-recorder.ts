// Writes usage in batches, behind the data path: a request never waits for the disk. What cannot be written waits, up to a bound.

import { Guard, type Clock, type Log, untilOver } from '@fairlead/kit';

import type { UsageJournal } from '../store/usage-journal.ts';
import type { UsageRecord } from './usage-record.ts';

export interface UsageRecorder extends AsyncDisposable {
  add(record: UsageRecord): void;
}

export interface UsageRecorderDeps {
  write: (records: readonly UsageRecord[]) => void;
  /** What waits to be written. */
  journal: Pick<UsageJournal, 'append' | 'clear'>;
  clock: Clock;
  log: Log;
}

const flushMs = 250;
const maxWaiting = 100_000;
/** Written at once: the data path waits so long. */
const batch = 100;

/** Disposing writes what waits. */
export function openUsageRecorder(deps: UsageRecorderDeps): UsageRecorder {
  return new OpenUsageRecorder(deps);
}

class OpenUsageRecorder implements UsageRecorder {
  readonly #deps: UsageRecorderDeps;
  readonly #guard: Guard;
  readonly #disposed = new AbortController();
  readonly #running: Promise<void>;
  #waiting: UsageRecord[] = [];
  #lost = 0;

  constructor(deps: UsageRecorderDeps) {
    this.#deps = deps;
    this.#guard = new Guard(deps.log);
    this.#running = this.#run();
  }

  add(record: UsageRecord): void {
    if (this.#waiting.length >= maxWaiting) {
      this.#lost += 1;
      return;
    }
    this.#guard.run('gateway.journal', () => this.#deps.journal.append(record));
    this.#waiting.push(record);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#running;
    this.#flush();
    const left = this.#waiting.length + this.#lost;
    if (left > 0) this.#deps.log.error({ op: 'gateway.usage', ok: false, lost: left }, 'usage was not written');
  }

  async #run(): Promise<void> {
    const { signal } = this.#disposed;
    let isMore = false;
    while (!signal.aborted) {
      // Requests have their turn between two batches.
      await untilOver(this.#deps.clock.sleep(isMore ? 0 : flushMs, signal), signal);
      isMore = this.#writeBatch() && this.#waiting.length > 0;
    }
  }

  #flush(): void {
    while (this.#waiting.length > 0) if (!this.#writeBatch()) return;
  }

  /** False where it could not be written. */
  #writeBatch(): boolean {
    const records = this.#waiting.slice(0, batch);
    if (records.length === 0) return true;
    if (!this.#guard.run('gateway.usage', () => this.#deps.write(records))) return false;
    this.#waiting = this.#waiting.slice(records.length);
    if (this.#waiting.length === 0) this.#endFlush();
    return true;
  }

  #endFlush(): void {
    this.#guard.run('gateway.journal', () => this.#deps.journal.clear());
    if (this.#lost === 0) return;
    this.#deps.log.error({ op: 'gateway.usage', ok: false, lost: this.#lost }, 'usage was not written');
    this.#lost = 0;
  }
}
