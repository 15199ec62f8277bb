// The upstreams that are in force, and what those list whose models are not stated.

import { anySignal, type Clock, type Log, openTimeLimit, repeatTurns } from '@fairlead/kit';

import type { ModelTable } from '../routing/offer.ts';
import { buildUpstreamTable } from './build-upstream-table.ts';
import type { UpstreamRecord } from './source-records.ts';

export interface UpstreamDeskDeps {
  /** Which models the server has. */
  list: (upstream: UpstreamRecord, options: { signal: AbortSignal }) => Promise<string[]>;
  /** Called after each change: `table` gives another one. */
  onChanged: () => void;
  clock: Clock;
  log: Log;
}

const listMs = 60_000;
const listTimeoutMs = 30_000;
const retry = { baseMs: 1_000, maxMs: 60_000 };

interface Held {
  record: UpstreamRecord;
  listed: readonly string[];
  stop: AbortController;
  /** Never rejects. */
  listing: Promise<void>;
}

/** Disposal ends the asking. */
export class UpstreamDesk implements AsyncDisposable {
  readonly #deps: UpstreamDeskDeps;
  readonly #held = new Map<string, Held>();

  constructor(deps: UpstreamDeskDeps) {
    this.#deps = deps;
  }

  /** A server that does not answer delays nothing: its models come when it does. */
  replace(records: readonly UpstreamRecord[]): void {
    const byName = new Map(records.map((record) => [record.name, record]));
    for (const [name, held] of this.#held) {
      if (byName.get(name)?.createdMs === held.record.createdMs) continue;
      held.stop.abort(new Error('the upstream was removed'));
      this.#held.delete(name);
    }
    for (const record of records) if (!this.#held.has(record.name)) this.#hold(record);
    this.#deps.onChanged();
  }

  table(isTaken: (name: string) => boolean): ModelTable {
    return buildUpstreamTable(this.#held.values(), isTaken);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#held.values()) stop.abort(new Error('the gateway was stopped'));
    await Promise.all([...this.#held.values()].map(({ listing }) => listing));
  }

  #hold(record: UpstreamRecord): void {
    const held: Held = { record, listed: [], stop: new AbortController(), listing: Promise.resolve() };
    this.#held.set(record.name, held);
    if (record.models !== undefined) return;
    const { list, clock, log, onChanged } = this.#deps;
    const { signal } = held.stop;
    const turn = async () => {
      using limit = openTimeLimit(
        clock,
        listTimeoutMs,
        () => new Error(`it has not answered for ${listTimeoutMs / 1_000} s`),
      );
      const listed = await list(record, { signal: anySignal(signal, limit.signal) });
      const isNew = listed.join('\n') !== held.listed.join('\n');
      held.listed = listed;
      if (isNew && !signal.aborted) onChanged();
      return listMs;
    };
    held.listing = repeatTurns(turn, { op: `upstream.list ${record.name}`, clock, log, signal, retry });
  }
}
