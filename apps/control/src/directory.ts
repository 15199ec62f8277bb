// The truth control holds in memory, and the one way to change it: decide, remember, then tell. Interprets the effects
// of an instance's life; speaks no protocol.

import { type Clock, errorText, Listeners, type Log } from '@fairlead/kit';
import { type DeploymentView, type InstanceView, type Load, type StopMode } from '@fairlead/protocol';

import type { SocketOwner } from './domain/decide-socket.ts';
import { type LifeEffect, type LifeEvent, transition } from './domain/instance-life.ts';
import { Leases } from './domain/leases.ts';
import type { DeploymentRecord, FormerInstance, InstanceRecord, Life } from './domain/records.ts';
import { viewDeployment, viewInstance } from './domain/views.ts';
import { Journal } from './store/journal.ts';
import type { HistoryEntry, Store, Write } from './store/store.ts';

/** The agent's side of an instance: what the directory may ask of a connection. */
export interface AgentLine {
  /** Generation of the control socket it came over. */
  readonly generation: number;
  give(mode: StopMode): void;
  /** The last word to an agent that another one replaces. */
  fence(): void;
  drop(): void;
}

export interface Entry {
  deployment: DeploymentRecord;
  instance: InstanceRecord;
  line?: AgentLine | undefined;
  /** In memory only. */
  apiKey?: string | undefined;
  load?: Load | undefined;
}

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
  readonly journal: Journal;
  readonly deps: DirectoryDeps;
  readonly #byName = new Map<string, Entry>();
  readonly #byInstance = new Map<string, Entry>();
  readonly #formers = new Map<string, FormerInstance & { sinceMs: number }>();
  #dirty = new Set<Entry>();

  constructor(deps: DirectoryDeps) {
    this.deps = deps;
    this.leases = new Leases(deps.leaseMs);
    this.journal = new Journal(deps.store, {
      onCommitted: () => this.#tell(),
      onFailed: (error) => this.#recover(error),
    });
  }

  /** Fills the memory from the store. Everyone who was attended gets one whole lease to come back. */
  async load(): Promise<void> {
    const remembered = await this.deps.store.load();
    for (const entry of this.#byName.values()) {
      entry.line?.drop();
      entry.line = undefined;
    }
    this.#byName.clear();
    this.#byInstance.clear();
    this.#formers.clear();
    const instances = new Map(remembered.instances.map((instance) => [instance.id, instance]));
    const now = this.deps.clock.monotonicMs();
    for (const deployment of remembered.deployments) {
      const instance = instances.get(deployment.instanceId);
      if (!instance) continue;
      this.#index({ deployment, instance });
      if (instance.life.phase === 'attended') this.leases.renew(instance.id, now);
    }
    for (const former of remembered.formers) this.#formers.set(former.id, { ...former, sinceMs: now });
    this.changed.emit(undefined);
  }

  findDeployment(name: string): Entry | undefined {
    return this.#byName.get(name);
  }

  findInstance(id: string): Entry | undefined {
    return this.#byInstance.get(id);
  }

  findFormer(id: string): FormerInstance | undefined {
    return this.#formers.get(id);
  }

  /** Whose a socket of the run directory is. */
  ownerOf(instanceId: string): SocketOwner {
    const entry = this.#byInstance.get(instanceId);
    if (entry) return { kind: 'current', life: entry.instance.life, linkedGeneration: entry.line?.generation };
    const former = this.#formers.get(instanceId);
    if (!former) return { kind: 'unknown' };
    return { kind: 'former', forMs: this.deps.clock.monotonicMs() - former.sinceMs };
  }

  entries(): Iterable<Entry> {
    return this.#byName.values();
  }

  /** Takes the place of what had the name before. Resolves when stored. */
  put(deployment: DeploymentRecord, instance: InstanceRecord, message: string): Promise<void> {
    const before = this.#byName.get(deployment.name);
    if (before) {
      this.#byInstance.delete(before.instance.id);
      const { id, enrolmentHash } = before.instance;
      const sinceMs = this.deps.clock.monotonicMs();
      this.#formers.set(id, { id, deployment: deployment.name, enrolmentHash, sinceMs });
      before.line?.fence();
      before.line = undefined;
      this.leases.end(id);
    }
    const entry = this.#index({ deployment, instance });
    this.#dirty.add(entry);
    return this.journal.add([
      { type: 'instance.put', record: instance },
      { type: 'deployment.put', record: deployment },
      this.#history(entry, 'deployment.created', message),
    ]);
  }

  /** Resolves when what changed is on disk; in memory it has changed when this returns. */
  apply(entry: Entry, event: LifeEvent, more: Partial<InstanceRecord> = {}): Promise<void> {
    const { life, effects } = transition(entry.instance.life, event);
    const before = entry.instance;
    const writes: Write[] = [];
    if (life !== before.life || differs(before, more)) {
      entry.instance = { ...before, ...more, life, updatedMs: this.deps.clock.now() };
      this.#dirty.add(entry);
      if (!onlyProgress(before.life, life) || differs(before, more))
        writes.push({ type: 'instance.put', record: entry.instance });
    }
    for (const effect of effects) this.#perform(entry, effect, writes);
    return this.journal.add(writes);
  }

  /** Stores a change of the deployment or its instance that is no step of its life. */
  change(entry: Entry, change: { deployment?: Partial<DeploymentRecord>; instance?: Partial<InstanceRecord> }) {
    const writes: Write[] = [];
    if (change.deployment) {
      entry.deployment = { ...entry.deployment, ...change.deployment };
      writes.push({ type: 'deployment.put', record: entry.deployment });
    }
    if (change.instance) {
      entry.instance = { ...entry.instance, ...change.instance, updatedMs: this.deps.clock.now() };
      writes.push({ type: 'instance.put', record: entry.instance });
    }
    this.#dirty.add(entry);
    return this.journal.add(writes);
  }

  addHistory(entry: Entry, kind: string, message: string, from: HistorySource = {}): Promise<void> {
    return this.journal.add([this.#history(entry, kind, message, from)]);
  }

  viewDeployment(entry: Entry): DeploymentView {
    return viewDeployment(entry.deployment, this.viewInstance(entry));
  }

  viewInstance(entry: Entry): InstanceView {
    const left = this.leases.leftMs(entry.instance.id, this.deps.clock.monotonicMs());
    return viewInstance(entry.instance, this.deps.runDir, {
      load: entry.load,
      leaseUntilMs: left === undefined ? undefined : Math.round(this.deps.clock.now() + left),
    });
  }

  /** The disk is right and the memory is not: begin again from the disk; agents say anew what is true. */
  async #recover(error: unknown): Promise<void> {
    this.deps.log.error({ op: 'store.commit', ok: false, error: errorText(error) }, 'cannot write to the store');
    this.#dirty.clear();
    await this.load();
  }

  #index(entry: Entry): Entry {
    this.#byName.set(entry.deployment.name, entry);
    this.#byInstance.set(entry.instance.id, entry);
    return entry;
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
        entry.line?.give(effect.mode);
        return;
    }
  }

  #history(entry: Entry, kind: string, message: string, from: HistorySource = {}): Write {
    const { id, deployment } = entry.instance;
    const at = { atMs: this.deps.clock.now(), deployment, instanceId: id, kind, message };
    return { type: 'history.add', entry: { ...at, ...from } };
  }

  #tell(): void {
    if (this.#dirty.size === 0) return;
    const told = this.#dirty;
    this.#dirty = new Set();
    this.changed.emit(told);
  }
}

/** A percentage that moves is shown, not stored. */
function onlyProgress(before: Life, after: Life): boolean {
  if (before.phase !== 'attended' || after.phase !== 'attended' || before.generation !== after.generation) return false;
  if (before.state.status !== 'starting' || after.state.status !== 'starting') return false;
  return before.state.phase === after.state.phase;
}

function differs(record: InstanceRecord, more: Partial<InstanceRecord>): boolean {
  return Object.entries(more).some(([name, value]) => {
    const known = record[name as keyof InstanceRecord];
    return known !== value && JSON.stringify(known) !== JSON.stringify(value);
  });
}
