// The one way to change what control holds in memory: decide, store, then tell the listeners. Performs the effects of what
// happens to an instance; knows no HTTP and no message of an agent.

import { type Clock, errorText, Guard, Listeners, type Log } from '@fairlead/kit';
import type { EventView } from '@fairlead/protocol';

import { changesNothing, differs, onlyProgress } from '../domain/compare-records.ts';
import { type HeldEffect, transitionHeld } from '../domain/held-instance.ts';
import type { LifeEvent } from '../domain/instance-life.ts';
import { Leases } from '../domain/leases.ts';
import { type PresenceEvent, withoutLink } from '../domain/presence.ts';
import type { DeploymentRecord, InstanceRecord } from '../domain/records.ts';
import { checkWrite } from '../store/check-write.ts';
import { Recorder } from '../store/recorder.ts';
import type { SetAside, Store, Write } from '../store/store.ts';
import { staleError } from '../store/store-error.ts';
import type { DeploymentEntry, Entry, OwnDeployment, OwnEntry } from './entry.ts';
import { EntryIndex } from './entry-index.ts';
import { HistoryShare, type HistorySource } from './history-share.ts';
import { type EffectTargets, performEffect } from './perform-effect.ts';
import { refillIndex } from './refill-index.ts';
import { RegistryReader } from './registry-reader.ts';

export interface RegistryDeps {
  store: Store;
  clock: Clock;
  log: Log;
  runDir: string;
  leaseMs: number;
}

export class Registry extends RegistryReader {
  /** Entries whose record or view has changed, once per commit. Undefined: any entry may have changed. */
  readonly changed = new Listeners<ReadonlySet<Entry> | undefined>();
  /** New events of the history, once they are on disk. */
  readonly historyAdded = new Listeners<readonly EventView[]>();
  readonly #deps: RegistryDeps;
  readonly #leases: Leases;
  readonly #recorder: Recorder;
  readonly #index: EntryIndex;
  readonly #history: HistoryShare;
  readonly #guard: Guard;
  #dirty = new Set<Entry>();

  constructor(deps: RegistryDeps) {
    const { clock, runDir } = deps;
    const leases = new Leases(deps.leaseMs);
    const index = new EntryIndex(() => clock.monotonicMs());
    super({ index, leases, clock, runDir });
    this.#deps = deps;
    this.#leases = leases;
    this.#index = index;
    this.#history = new HistoryShare(deps.clock);
    this.#guard = new Guard(deps.log);
    this.#recorder = new Recorder({
      ...deps,
      guard: this.#guard,
      onCommitted: (added) => {
        this.#tell();
        if (added && added.length > 0) this.#guard.run('history.tell', () => this.historyAdded.emit(added));
      },
      refill: async () => {
        const takenBack = await this.#fill();
        // While the disk was away, listeners may have been told of changes that were never stored.
        this.#emitChanged(this.#recorder.isUsable ? takenBack : undefined);
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

  /** False after the store could be neither written nor read. */
  get isUsable(): boolean {
    return this.#recorder.isUsable;
  }

  /** Reads the store again if it could not be read before. Throws `store_unreadable` if it still cannot be read. */
  usable(): Promise<void> {
    return this.#recorder.usable();
  }

  /** Resolves when every change is on disk or has failed. */
  idle(): Promise<void> {
    return this.#recorder.idle();
  }

  /** Gives each instance that has a lease a whole one: after time in which control could hear no agent. */
  renewLeases(): void {
    this.#leases.renewAll(this.#deps.clock.monotonicMs());
  }

  /** Ends the leases whose time is over. Their agents count as lost, except of instances that are no longer there. */
  expireLeases(): void {
    const { log } = this.#deps;
    for (const { id, silentMs } of this.#leases.expired(this.#deps.clock.monotonicMs())) {
      const entry = this.findInstance(id);
      this.#leases.end(id);
      if (!entry) continue;
      log.warn({ op: 'lease.end', instance: id, silentMs: Math.round(silentMs) }, 'the agent is lost');
      this.apply(entry, { type: 'lease.expired', silentMs }).catch((error: unknown) => {
        log.error({ op: 'lease.end', ok: false, instance: id, error: errorText(error) });
      });
    }
  }

  /** Removes deployments and former instances. Resolves when they are removed on disk. */
  async forget(gone: { deployments: readonly DeploymentEntry[]; formers: readonly string[] }): Promise<void> {
    const { deployments, formers } = gone;
    await this.#recorder.usable();
    const writes: Write[] = formers.map((id) => ({ type: 'instance.remove', id }));
    for (const id of formers) this.#index.removeFormer(id);
    for (const deployment of deployments as readonly OwnDeployment[]) {
      this.#index.remove(deployment);
      writes.push({ type: 'deployment.remove', name: deployment.record.name });
      for (const { instance } of deployment.instances) writes.push({ type: 'instance.remove', id: instance.id });
    }
    await this.#recorder.record(() => writes);
    if (deployments.length > 0) this.#emitChanged(undefined);
  }

  /** Adds a deployment with its first instance; replaces a deployment of the same name. Resolves when stored. */
  put(record: DeploymentRecord, instance: InstanceRecord, message: string): Promise<void> {
    return this.#recorder.record(() => {
      const before = this.#index.findDeployment(record.name)?.instances ?? [];
      const retired = before.map((entry) => this.#retire(entry));
      const entry = this.#index.addInstance(this.#index.addDeployment(record), instance);
      this.#dirty.add(entry);
      return [
        ...retired,
        { type: 'instance.put', record: instance },
        { type: 'deployment.put', record },
        this.#history.write(entry, 'deployment.created', message),
      ];
    });
  }

  /** Adds an instance to a deployment; its ended instances become former ones. Resolves when stored. */
  addInstance(deployment: DeploymentEntry, instance: InstanceRecord, message: string): Promise<void> {
    return this.#recorder.record(() => {
      const own = this.#index.findDeployment(deployment.record.name);
      if (own !== deployment) throw staleError('another record has taken its place');
      const ended = own.instances.filter((entry) => entry.instance.life.phase === 'ended');
      const retired = ended.map((entry) => this.#retire(entry));
      const entry = this.#index.addInstance(own, instance);
      this.#dirty.add(entry);
      return [
        ...retired,
        { type: 'instance.put', record: instance },
        this.#history.write(entry, 'instance.created', message),
      ];
    });
  }

  /**
   * Changes the memory before it returns, unless the store has to be read again first. Resolves when the change is on disk.
   * Rejects with `record_refused` if the record cannot be stored: then nothing has changed.
   */
  async apply(entry: Entry, event: LifeEvent, more: Partial<InstanceRecord> = {}): Promise<void> {
    const effects: HeldEffect[] = [];
    if (changesNothing(entry.instance, event, more)) return this.#recorder.settled();
    await this.#record(entry, (own) => {
      const { instance: before, presence } = own;
      const step = transitionHeld({ life: before.life, presence }, event);
      const writes: Write[] = [];
      if (step.state.life !== before.life || differs(before, more)) {
        const put = checkInstance({ ...before, ...more, life: step.state.life, updatedMs: this.#deps.clock.now() });
        own.instance = put.record;
        this.#dirty.add(own);
        if (!onlyProgress(before.life, step.state.life) || differs(before, more)) writes.push(put);
      }
      own.presence = step.state.presence;
      effects.push(...step.effects);
      const told = effects.filter((effect) => effect.type !== 'history.add' || this.#history.mayTell(own, event));
      this.#perform(own, told, { writes, link: presence.link });
      return writes;
    });
    // A step that is not on disk yet may be taken back, so orders are given only now.
    for (const effect of effects) if (effect.type === 'order.give') entry.presence.link?.give(effect.mode);
  }

  /** Changes at once what only the memory holds. Watchers are told with the next stored change. */
  applyLive(entry: Entry, event: PresenceEvent): void {
    const own = entry as OwnEntry;
    const { link } = own.presence;
    const step = transitionHeld({ life: own.instance.life, presence: own.presence }, event);
    own.presence = step.state.presence;
    const writes: Write[] = [];
    this.#perform(own, step.effects, { writes, link });
    if (writes.length === 0) return;
    this.#record(own, () => writes.map(checkWrite)).catch((error: unknown) => {
      this.#deps.log.debug({ op: event.type, ok: false, error: errorText(error) });
    });
  }

  /** Stores a change of the instance that is no step of its life. Rejects as `apply` does. */
  change(entry: Entry, change: Partial<InstanceRecord>): Promise<void> {
    return this.#record(entry, (own) => {
      const put = checkInstance({ ...own.instance, ...change, updatedMs: this.#deps.clock.now() });
      own.instance = put.record;
      this.#dirty.add(own);
      return [put];
    });
  }

  /** Stores a change of the deployment to which the instance belongs. Rejects as `apply` does. */
  changeDeployment(entry: Entry, change: Partial<DeploymentRecord>): Promise<void> {
    return this.#record(entry, (own) => {
      const { deployment } = own;
      deployment.record = { ...deployment.record, ...change };
      for (const each of deployment.instances) this.#dirty.add(each);
      return [{ type: 'deployment.put', record: deployment.record }];
    });
  }

  /** An agent's event (one with a source) that exceeds the agent's allowance is counted and not stored. */
  addHistory(entry: Entry, kind: string, message: string, from: HistorySource = {}): Promise<void> {
    if (from.source !== undefined && !this.#history.mayAdd(entry)) return this.#recorder.settled();
    return this.#record(entry, () => [checkWrite(this.#history.write(entry, kind, message, from))]);
  }

  /** Adds to the history how many events of agents were left out of it. */
  async tellLeftOut(): Promise<void> {
    for (const { entry, text } of this.#history.takeLeftOut()) await this.addHistory(entry, 'events.left_out', text);
  }

  /** Returns the entries whose records were not those of the disk. */
  async #fill(): Promise<Set<Entry>> {
    const { takenBack, gone, setAside } = await refillIndex(this.#index, { ...this.#deps, leases: this.#leases });
    this.#dirty.clear();
    for (const { presence } of gone) presence.link?.drop();
    for (const bad of setAside) this.#tellSetAside(bad);
    return takenBack;
  }

  /** Another record may have taken the entry's place while the store was not readable. */
  #record(entry: Entry, decide: (own: OwnEntry) => Write[]): Promise<void> {
    const { isUsable } = this.#recorder;
    return this.#recorder.record(() => {
      if (!isUsable && this.findInstance(entry.instance.id) !== entry)
        throw staleError('another record has taken its place');
      return decide(entry as OwnEntry);
    });
  }

  /** Makes the entry's instance a former one, and tells its agent that it is no longer needed. */
  #retire(before: OwnEntry): Write {
    const { link } = before.presence;
    this.#index.retire(before);
    before.instance = { ...before.instance, former: true };
    before.presence = withoutLink(before.presence);
    link?.fence();
    this.#leases.end(before.instance.id);
    return { type: 'instance.put', record: before.instance };
  }

  #emitChanged(entries: ReadonlySet<Entry> | undefined): void {
    this.#guard.run('change.tell', () => this.changed.emit(entries));
  }

  /** Reports the record in the log and in the deployment's history. */
  #tellSetAside({ table, id, why, replaced }: SetAside): void {
    this.#deps.log.error({ op: 'store.load', ok: false, table, id, why }, 'a record cannot be read: it is set aside');
    const entry = table === 'instances' ? this.findInstance(id) : this.findDeployment(id)?.instances[0];
    if (!entry) return;
    const then = replaced ? 'A fresh one stands in its place; the agent, if there is one, comes back to it.' : '';
    const text = `The stored record could not be read (${why}); it was set aside in control.db. ${then}`;
    const added = this.addHistory(entry, 'record.set_aside', text);
    added.catch((error: unknown) => this.#guard.failed('record.set_aside', error));
  }

  #perform(entry: Entry, effects: readonly HeldEffect[], at: Pick<EffectTargets, 'writes' | 'link'>): void {
    const monotonicMs = this.#deps.clock.monotonicMs();
    const targets = { ...at, leases: this.#leases, history: this.#history, monotonicMs };
    for (const effect of effects) performEffect(entry, effect, targets);
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
