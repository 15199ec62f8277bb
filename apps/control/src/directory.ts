// The truth control holds in memory, and the one way to change it: decide, remember, then tell. Interprets the effects
// of an instance's life; speaks no protocol.

import { type Clock, errorText, Listeners, type Log } from '@fairlead/kit';
import type { DeploymentView, EventView, InstanceView, Load, StopMode } from '@fairlead/protocol';

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
  /** The agent that speaks for it, since control's start. */
  agent?: InstanceView['agent'];
  /** When a refusal was last put into the history. */
  refusedMs?: number;
}

/** Of what an agent has told: when it happened there, and its own number of it. */
export type HistorySource = Partial<Pick<HistoryEntry, 'atMs' | 'source'>>;

/** Of one event; a cause in it may be as long as its agent likes. */
const MESSAGE_LIMIT = 4096;

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
  readonly journal: Journal;
  readonly deps: DirectoryDeps;
  readonly #byName = new Map<string, Entry>();
  readonly #byInstance = new Map<string, Entry>();
  readonly #formers = new Map<string, FormerInstance & { sinceMs: number }>();
  #dirty = new Set<Entry>();
  #failing = false;

  constructor(deps: DirectoryDeps) {
    this.deps = deps;
    this.leases = new Leases(deps.leaseMs);
    this.journal = new Journal(deps.store, {
      onCommitted: (added) => {
        this.#tell();
        if (!added) return;
        this.#writable();
        if (added.length > 0) this.historyAdded.emit(added);
      },
      onFailed: (error) => this.#recover(error),
    });
  }

  /**
   * Fills the memory from the store. Everyone who was attended and holds no lease gets a whole one to come back. What only
   * the memory knows of an instance that is still there stays, its connection too.
   */
  async load(): Promise<void> {
    await this.#fill();
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

  formers(): Iterable<FormerInstance> {
    return this.#formers.values();
  }

  /** As if they had never been. Resolves when it is so on disk. */
  async forget({ deployments, formers }: { deployments: readonly Entry[]; formers: readonly string[] }): Promise<void> {
    const writes: Write[] = formers.map((id) => ({ type: 'instance.remove', id }));
    for (const id of formers) this.#formers.delete(id);
    for (const { deployment, instance } of deployments) {
      this.#byName.delete(deployment.name);
      this.#byInstance.delete(instance.id);
      writes.push({ type: 'deployment.remove', name: deployment.name }, { type: 'instance.remove', id: instance.id });
    }
    await this.journal.add(writes);
    if (deployments.length > 0) this.changed.emit(undefined);
  }

  /** Takes the place of what had the name before. Resolves when stored. */
  put(deployment: DeploymentRecord, instance: InstanceRecord, message: string): Promise<void> {
    const before = this.#byName.get(deployment.name);
    if (before) {
      this.#byInstance.delete(before.instance.id);
      const { id, enrolmentHash, updatedMs } = before.instance;
      const sinceMs = this.deps.clock.monotonicMs();
      this.#formers.set(id, { id, deployment: deployment.name, enrolmentHash, updatedMs, sinceMs });
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
    const stored = this.journal.add(writes);
    const orders = effects.filter((effect) => effect.type === 'order.give');
    // An order that is not on disk may be taken back: it is given when it is.
    return orders.length === 0 ? stored : stored.then(() => orders.forEach(({ mode }) => entry.line?.give(mode)));
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
      agent: entry.agent,
      load: entry.load,
      leaseUntilMs: left === undefined ? undefined : Math.round(this.deps.clock.now() + left),
    });
  }

  /** Returns whose records were not those of the disk. */
  async #fill(): Promise<Set<Entry>> {
    const remembered = await this.deps.store.load();
    const before = new Map(this.#byInstance);
    const takenBack = new Set<Entry>();
    this.#byName.clear();
    this.#byInstance.clear();
    this.#formers.clear();
    const instances = new Map(remembered.instances.map((instance) => [instance.id, instance]));
    const now = this.deps.clock.monotonicMs();
    for (const deployment of remembered.deployments) {
      const instance = instances.get(deployment.instanceId);
      if (!instance) continue;
      const known = before.get(instance.id);
      before.delete(instance.id);
      const same = known && isSame(known.instance, instance) && isSame(known.deployment, deployment);
      const entry = this.#index(Object.assign(known ?? {}, { deployment, instance }));
      if (!same) takenBack.add(entry);
      const leased = this.leases.leftMs(instance.id, now) !== undefined;
      if (instance.life.phase === 'attended' && !leased) this.leases.renew(instance.id, now);
    }
    for (const entry of before.values()) entry.line?.drop();
    for (const former of remembered.formers) this.#formers.set(former.id, { ...former, sinceMs: now });
    return takenBack;
  }

  /** The disk is right and the memory is not: begin again from the disk. Whose word was not stored says it again. */
  async #recover(error: unknown): Promise<void> {
    const { log } = this.deps;
    const said = { op: 'store.commit', ok: false, error: errorText(error) };
    if (this.#failing) log.debug(said);
    else log.error(said, 'cannot write to the store: changes are refused until it can');
    this.#failing = true;
    this.#dirty.clear();
    this.changed.emit(await this.#fill());
  }

  #writable(): void {
    if (this.#failing) this.deps.log.info({ op: 'store.commit', ok: true }, 'can write to the store again');
    this.#failing = false;
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
        return;
    }
  }

  #history(entry: Entry, kind: string, message: string, from: HistorySource = {}): Write {
    const { id, deployment } = entry.instance;
    const now = this.deps.clock.now();
    const text = message.slice(0, MESSAGE_LIMIT);
    const at = { atMs: now, recordedMs: now, deployment, instanceId: id, kind, message: text };
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
    return !isSame(known, value);
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
