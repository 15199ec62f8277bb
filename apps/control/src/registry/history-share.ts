// Decides which events the history stores: each agent has a share, and events over the share are counted.

import type { Clock } from '@fairlead/kit';
import { isEnded, messageLength } from '@fairlead/protocol';

import { eventBurst, EventAllowance } from '../domain/event-allowance.ts';
import type { LifeEvent } from '../domain/instance-life.ts';
import type { HistoryEntry } from '../domain/records.ts';
import type { Write } from '../store/store.ts';
import type { Entry } from './entry.ts';

/** For an agent's event: when it happened, and the agent's own number of it. */
export type HistorySource = Partial<Pick<HistoryEntry, 'atMs' | 'source'>>;

export class HistoryShare {
  readonly #clock: Clock;
  readonly #allowances = new WeakMap<Entry, EventAllowance>();
  /** Entries with agent events that were left out of the history since the last takeLeftOut. */
  readonly #leftOut = new Set<Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(
    entry: Entry,
    kind: string,
    message: string,
    from: HistorySource = {},
  ): Extract<Write, { type: 'history.add' }> {
    const { id, deployment } = entry.instance;
    const now = this.#clock.now();
    const text = message.slice(0, messageLength);
    const at = { atMs: now, recordedMs: now, deployment, instanceId: id, kind, message: text };
    return { type: 'history.add', entry: { ...at, ...from } };
  }

  /** Whether one more event of the entry's agent fits into its share. */
  mayAdd(entry: Entry): boolean {
    const now = this.#clock.monotonicMs();
    const allowance = this.#allowances.get(entry) ?? new EventAllowance(now);
    this.#allowances.set(entry, allowance);
    const may = allowance.take(now);
    if (!may) this.#leftOut.add(entry);
    return may;
  }

  /** Whether the event's entries are stored. The end of an instance always is: it happens once. */
  mayTell(entry: Entry, event: LifeEvent): boolean {
    if (event.type === 'instance.reported') return isEnded(event.state) || this.mayAdd(entry);
    return event.type !== 'agent.enrolled' || this.mayAdd(entry);
  }

  /** Returns the entries whose events were left out since the last call, each with a text that says how many. */
  takeLeftOut(): Array<{ entry: Entry; text: string }> {
    const entries = [...this.#leftOut];
    this.#leftOut.clear();
    return entries.flatMap((entry) => {
      const leftOut = this.#allowances.get(entry)?.takeLeftOut() ?? 0;
      const text = `${leftOut} events of the agent were left out of this history, which takes ${eventBurst} at once of an agent and then one a second. All of them are in audit.jsonl in the directory of the job.`;
      return leftOut > 0 ? [{ entry, text }] : [];
    });
  }
}
