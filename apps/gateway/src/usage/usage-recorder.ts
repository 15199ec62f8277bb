// Keeps usage: what was settled in a turn of the event loop goes into the journal with one write, and from there into the database in batches.
// What the database cannot take waits, up to a bound.

import { type Clock, errorText, Guard, type Log, untilOver } from '@fairlead/kit';

import type { UsageJournal } from '../store/usage-journal.ts';
import type { UsageRecord } from './usage-record.ts';

export interface UsageRecorder extends AsyncDisposable {
  /**
   * `onKept` is called once, behind this turn: from then on no kill of the process loses the record. Also where the journal cannot be written:
   * answers do not wait for a disk that is full.
   */
  add(record: UsageRecord, onKept?: () => void): void;
  readonly state: UsageState;
}

/** Of what keeps usage. Requests are answered all the same. */
export interface UsageState {
  /** Requests that are not in the database yet. */
  waiting: number;
  /** Requests that never will be: too many waited. */
  lost: number;
  /** Why the journal cannot be written now: a kill of the process would lose what waits. */
  journalProblem?: string | undefined;
  databaseProblem?: string | undefined;
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
  /** Of this turn. */
  #fresh: UsageRecord[] = [];
  #onKept: Array<() => void> = [];
  #waiting: UsageRecord[] = [];
  #lost = 0;
  #lostInAll = 0;
  #journalProblem: string | undefined;
  /** The last write has failed: the next one waits for its time. */
  #databaseProblem: string | undefined;

  constructor(deps: UsageRecorderDeps) {
    this.#deps = deps;
    this.#guard = new Guard(deps.log);
    this.#running = this.#run();
  }

  add(record: UsageRecord, onKept?: () => void): void {
    if (this.#fresh.length === 0) setImmediate(() => this.#endTurn());
    this.#fresh.push(record);
    if (onKept) this.#onKept.push(onKept);
  }

  get state(): UsageState {
    return {
      waiting: this.#fresh.length + this.#waiting.length,
      lost: this.#lostInAll,
      journalProblem: this.#journalProblem,
      databaseProblem: this.#databaseProblem,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#running;
    this.#keep();
    while (this.#waiting.length > 0) if (!this.#writeBatch()) break;
    const left = this.#waiting.length + this.#lost;
    if (left > 0) this.#deps.log.error({ op: 'gateway.usage', ok: false, lost: left }, 'usage was not written');
  }

  #endTurn(): void {
    this.#keep();
    // At each hundredth request, so that no heap of them stops the data path later.
    if (this.#waiting.length >= batch && this.#databaseProblem === undefined) this.#writeBatch();
  }

  /** Into the journal with all of this turn, and on with their answers. */
  #keep(): void {
    const [records, onKept] = [this.#fresh, this.#onKept];
    this.#fresh = [];
    this.#onKept = [];
    const fit = Math.min(records.length, maxWaiting - this.#waiting.length);
    const kept = fit < records.length ? records.slice(0, fit) : records;
    this.#lost += records.length - fit;
    this.#lostInAll += records.length - fit;
    if (kept.length > 0) this.#journalProblem = this.#try('gateway.journal', () => this.#deps.journal.append(kept));
    for (const record of kept) this.#waiting.push(record);
    for (const goOn of onKept) goOn();
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

  /** False where it could not be written. */
  #writeBatch(): boolean {
    const records = this.#waiting.slice(0, batch);
    if (records.length === 0) return true;
    this.#databaseProblem = this.#try('gateway.usage', () => this.#deps.write(records));
    if (this.#databaseProblem !== undefined) return false;
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

  /** What is wrong, which is logged once per outage. */
  #try(op: string, act: () => void): string | undefined {
    try {
      act();
    } catch (error) {
      this.#guard.failed(op, error);
      return errorText(error);
    }
    this.#guard.worked(op);
    return undefined;
  }
}
