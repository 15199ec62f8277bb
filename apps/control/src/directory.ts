// The truth control holds in memory, and the one way to change it: decide, remember, then tell. Interprets the effects
// of an instance's life; speaks no protocol.

import { type Clock, Listeners, type Log } from '@fairlead/kit';
import { type DeploymentView, type EventView, type InstanceView, isEnded, MESSAGE_LENGTH } from '@fairlead/protocol';

import type { SocketOwner } from './domain/decide-socket.ts';
import { changesNothing, differs, onlyProgress } from './domain/compare-records.ts';
import { EVENT_BURST, EventAllowance } from './domain/event-allowance.ts';
import { type LifeEffect, type LifeEvent, transition } from './domain/instance-life.ts';
import { Leases } from './domain/leases.ts';
import type { DeploymentRecord, FormerInstance, HistoryEntry, InstanceRecord } from './domain/records.ts';
import { viewDeployment, viewInstance } from './domain/views.ts';
import type { Entry } from './entry.ts';
import { EntryIndex } from './entry-index.ts';
import { Guard } from './guard.ts';
import { checkWrite } from './store/check-write.ts';
import { Recorder } from './store/recorder.ts';
import type { SetAside, Store, Write } from './store/store.ts';
import { staleError } from './store/store-error.ts';

/** Of what an agent has told: when it happened there, and its own number of it. */
export type HistorySource = Partial<Pick<HistoryEntry, 'atMs' | 'source'>>;

export interface DirectoryDeps {
  store: Store;
  clock: Clock;
  log: Log;
  runDir: string;
  leaseMs: number;
}

export class Directory {
  readonly leases: Leases;
  /** Entries whose stored or shown truth has changed, once per commit; undefined: everything may have. */
  readonly changed = new Listeners<ReadonlySet<Entry> | undefined>();
  /** What is new in the history and on disk. */
  readonly historyAdded = new Listeners<readonly EventView[]>();
  readonly recorder: Recorder;
  readonly deps: DirectoryDeps;
  readonly #index: EntryIndex;
  readonly #guard: Guard;
  /** Entries with agent events that were left out of the history since the last tellLeftOut. */
  readonly #leftOut = new Set<Entry>();
  #dirty = new Set<Entry>();

  constructor(deps: DirectoryDeps) {
    this.deps = deps;
    this.leases = new Leases(deps.leaseMs);
    this.#index = new EntryIndex(() => deps.clock.monotonicMs());
    this.#guard = new Guard(deps.log);
    this.recorder = new Recorder({
      ...deps,
      guard: this.#guard,
      onCommitted: (added) => {
        this.#tell();
        if (added && added.length > 0) this.#guard.run('history.tell', () => this.historyAdded.emit(added));
      },
      refill: async () => {
        const takenBack = await this.#fill();
        // While the disk was away, listeners may have been told of changes that were never stored.
        this.#emitChanged(this.recorder.isUsable ? takenBack : undefined);
      },
    });
  }

  /**
   * Fills the memory from the store. Each attended instance without a lease gets a whole one, so that its agent can come
   * back. What only the memory knows of an instance that is still there stays, its connection too.
   */
  async load(): Promise<void> {
    await this.#fill();
    this.#emitChanged(undefined);
  }

  findDeployment(name: string): Entry | undefined {
    return this.#index.findDeployment(name);
  }

  findInstance(id: string): Entry | undefined {
    return this.#index.findInstance(id);
  }

  findFormer(id: string): FormerInstance | undefined {
    return this.#index.findFormer(id);
  }

  ownerOf(instanceId: string): SocketOwner {
    return this.#index.ownerOf(instanceId);
  }

  entries(): Iterable<Entry> {
    return this.#index.entries();
  }

  formers(): Iterable<FormerInstance> {
    return this.#index.formers();
  }

  /** As if they had never been. Resolves when it is so on disk. */
  async forget({ deployments, formers }: { deployments: readonly Entry[]; formers: readonly string[] }): Promise<void> {
    await this.recorder.usable();
    const writes: Write[] = formers.map((id) => ({ type: 'instance.remove', id }));
    for (const id of formers) this.#index.removeFormer(id);
    for (const entry of deployments) {
      this.#index.remove(entry);
      const { deployment, instance } = entry;
      writes.push({ type: 'deployment.remove', name: deployment.name }, { type: 'instance.remove', id: instance.id });
    }
    await this.recorder.record(() => writes);
    if (deployments.length > 0) this.#emitChanged(undefined);
  }

  /** Takes the place of what had the name before. Resolves when stored. */
  put(deployment: DeploymentRecord, instance: InstanceRecord, message: string): Promise<void> {
    return this.recorder.record(() => {
      const before = this.findDeployment(deployment.name);
      if (before) this.#replace(before);
      const entry = this.#index.add({ deployment, instance });
      this.#dirty.add(entry);
      return [
        { type: 'instance.put', record: instance },
        { type: 'deployment.put', record: deployment },
        this.#history(entry, 'deployment.created', message),
      ];
    });
  }

  /**
   * Resolves when what changed is on disk; in memory it has changed when this returns. Rejects with `record_refused` where
   * the record could not be stored: nothing is changed then.
   */
  async apply(entry: Entry, event: LifeEvent, more: Partial<InstanceRecord> = {}): Promise<void> {
    const effects: LifeEffect[] = [];
    if (changesNothing(entry.instance, event, more)) return this.recorder.settled();
    await this.#record(entry, () => {
      const before = entry.instance;
      const step = transition(before.life, event);
      const writes: Write[] = [];
      if (step.life !== before.life || differs(before, more)) {
        const put = checkInstance({ ...before, ...more, life: step.life, updatedMs: this.deps.clock.now() });
        entry.instance = put.record;
        this.#dirty.add(entry);
        if (!onlyProgress(before.life, step.life) || differs(before, more)) writes.push(put);
      }
      effects.push(...step.effects);
      const told = effects.filter((effect) => effect.type !== 'history.add' || this.#mayTell(entry, event));
      for (const effect of told) this.#perform(entry, effect, writes);
      return writes;
    });
    // An order that is not on disk may be taken back: it is given when it is.
    for (const effect of effects) if (effect.type === 'order.give') entry.line?.give(effect.mode);
  }

  /** Stores a change of the deployment or its instance that is no step of its life. Rejects as `apply` does. */
  change(entry: Entry, change: { deployment?: Partial<DeploymentRecord>; instance?: Partial<InstanceRecord> }) {
    return this.#record(entry, () => {
      const writes: Write[] = [];
      if (change.instance) {
        const put = checkInstance({ ...entry.instance, ...change.instance, updatedMs: this.deps.clock.now() });
        entry.instance = put.record;
        writes.push(put);
      }
      if (change.deployment) {
        entry.deployment = { ...entry.deployment, ...change.deployment };
        writes.push({ type: 'deployment.put', record: entry.deployment });
      }
      this.#dirty.add(entry);
      return writes;
    });
  }

  /** An agent's event (one with a source) that exceeds the agent's allowance is counted and not stored. */
  addHistory(entry: Entry, kind: string, message: string, from: HistorySource = {}): Promise<void> {
    if (from.source !== undefined && !this.#mayAdd(entry)) return this.recorder.settled();
    return this.#record(entry, () => [checkWrite(this.#history(entry, kind, message, from))]);
  }

  /** Puts into the history how many of agents' events were left out of it. */
  async tellLeftOut(): Promise<void> {
    const entries = [...this.#leftOut];
    this.#leftOut.clear();
    for (const entry of entries) {
      const leftOut = entry.allowance?.takeLeftOut() ?? 0;
      const text = `${leftOut} events of the agent were left out of this history, which takes ${EVENT_BURST} at once of an agent and then one a second. All of them are in audit.jsonl in the directory of the job.`;
      if (leftOut > 0) await this.addHistory(entry, 'events.left_out', text);
    }
  }

  viewDeployment(entry: Entry): DeploymentView {
    return viewDeployment(entry.deployment, this.viewInstance(entry));
  }

  viewInstance(entry: Entry): InstanceView {
    const left = this.leases.leftMs(entry.instance.id, this.deps.clock.monotonicMs());
    return viewInstance(entry.instance, this.deps.runDir, {
      agent: entry.agent,
      load: entry.load,
      leaseUntilMs: left === undefined ? undefined : Math.round(this.deps.clock.now() + left),
    });
  }

  /** Returns the entries whose records were not those of the disk. */
  async #fill(): Promise<Set<Entry>> {
    const remembered = await this.deps.store.load();
    const { takenBack, gone } = this.#index.refill(remembered);
    this.#dirty.clear();
    const now = this.deps.clock.monotonicMs();
    for (const { instance } of this.entries()) {
      const isLeased = this.leases.leftMs(instance.id, now) !== undefined;
      if (instance.life.phase === 'attended' && !isLeased) this.leases.renew(instance.id, now);
    }
    for (const entry of gone) entry.line?.drop();
    for (const bad of remembered.setAside ?? []) this.#tellSetAside(bad);
    return takenBack;
  }

  /** Another record may have taken the entry's place while the store was not readable. */
  #record(entry: Entry, decide: () => Write[]): Promise<void> {
    const { isUsable } = this.recorder;
    return this.recorder.record(() => {
      if (!isUsable && this.findInstance(entry.instance.id) !== entry)
        throw staleError('another record has taken its place');
      return decide();
    });
  }

  /** Clients are told to go elsewhere, its agent that it is no longer needed. */
  #replace(before: Entry): void {
    this.#index.retire(before);
    before.line?.fence();
    before.line = undefined;
    this.leases.end(before.instance.id);
  }

  /** The end of an instance is always stored: it comes once. */
  #mayTell(entry: Entry, event: LifeEvent): boolean {
    if (event.type === 'instance.reported') return isEnded(event.state) || this.#mayAdd(entry);
    return event.type !== 'agent.enrolled' || this.#mayAdd(entry);
  }

  #mayAdd(entry: Entry): boolean {
    const now = this.deps.clock.monotonicMs();
    entry.allowance ??= new EventAllowance(now);
    const may = entry.allowance.take(now);
    if (!may) this.#leftOut.add(entry);
    return may;
  }

  #emitChanged(entries: ReadonlySet<Entry> | undefined): void {
    this.#guard.run('change.tell', () => this.changed.emit(entries));
  }

  /** In the log, and where its owner looks. */
  #tellSetAside({ table, id, why, replaced }: SetAside): void {
    this.deps.log.error({ op: 'store.load', ok: false, table, id, why }, 'a record cannot be read: it is set aside');
    const entry = table === 'instances' ? this.findInstance(id) : this.findDeployment(id);
    if (!entry) return;
    const then = replaced ? 'A fresh one stands in its place; the agent, if there is one, comes back to it.' : '';
    const text = `The stored record could not be read (${why}); it was set aside in control.db. ${then}`;
    const added = this.addHistory(entry, 'record.set_aside', text);
    added.catch((error: unknown) => this.#guard.failed('record.set_aside', error));
  }

  #perform(entry: Entry, effect: LifeEffect, writes: Write[]): void {
    switch (effect.type) {
      case 'history.add':
        writes.push(this.#history(entry, effect.kind, effect.message));
        return;
      case 'link.fence':
        entry.line?.fence();
        entry.line = undefined;
        return;
      case 'link.drop':
        entry.line?.drop();
        return;
      case 'lease.end':
        this.leases.end(entry.instance.id);
        return;
      case 'order.give':
        return;
    }
  }

  #history(entry: Entry, kind: string, message: string, from: HistorySource = {}): Write {
    const { id, deployment } = entry.instance;
    const now = this.deps.clock.now();
    const text = message.slice(0, MESSAGE_LENGTH);
    const at = { atMs: now, recordedMs: now, deployment, instanceId: id, kind, message: text };
    return { type: 'history.add', entry: { ...at, ...from } };
  }

  #tell(): void {
    if (this.#dirty.size === 0) return;
    const told = this.#dirty;
    this.#dirty = new Set();
    this.#emitChanged(told);
  }
}

function checkInstance(record: InstanceRecord) {
  return checkWrite({ type: 'instance.put', record });
}
