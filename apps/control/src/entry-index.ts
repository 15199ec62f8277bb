// Finds entries by deployment and by instance, and knows the instances whose place another one has taken. In memory only.

import { isSame } from './domain/compare-records.ts';
import type { SocketOwner } from './domain/decide-socket.ts';
import type { FormerInstance } from './domain/records.ts';
import type { Entry } from './entry.ts';
import type { Remembered } from './store/store.ts';

export interface Refilled {
  /** Entries whose records were not those of the disk. */
  takenBack: Set<Entry>;
  /** Entries that the disk does not hold. */
  gone: Entry[];
}

export class EntryIndex {
  readonly #byName = new Map<string, Entry>();
  readonly #byInstance = new Map<string, Entry>();
  readonly #formers = new Map<string, FormerInstance & { sinceMs: number }>();
  readonly #nowMs: () => number;

  /** `nowMs`: a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
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

  entries(): Iterable<Entry> {
    return this.#byName.values();
  }

  formers(): Iterable<FormerInstance> {
    return this.#formers.values();
  }

  /** Whose a socket of the run directory is. */
  ownerOf(instanceId: string): SocketOwner {
    const entry = this.#byInstance.get(instanceId);
    if (entry) return { kind: 'current', life: entry.instance.life, linkedGeneration: entry.line?.generation };
    const former = this.#formers.get(instanceId);
    return former ? { kind: 'former', forMs: this.#nowMs() - former.sinceMs } : { kind: 'unknown' };
  }

  add(entry: Entry): Entry {
    this.#byName.set(entry.deployment.name, entry);
    this.#byInstance.set(entry.instance.id, entry);
    return entry;
  }

  remove({ deployment, instance }: Entry): void {
    this.#byName.delete(deployment.name);
    this.#byInstance.delete(instance.id);
  }

  removeFormer(id: string): void {
    this.#formers.delete(id);
  }

  /** Makes the entry's instance a former one: another instance takes its deployment. */
  retire({ deployment, instance }: Entry): void {
    const { id, enrolmentHash, updatedMs } = instance;
    this.#byInstance.delete(id);
    this.#formers.set(id, { id, deployment: deployment.name, enrolmentHash, updatedMs, sinceMs: this.#nowMs() });
  }

  /** Takes the records of the disk. Of an instance that is still there the entry stays, with what only the memory knows. */
  refill(remembered: Remembered): Refilled {
    const before = new Map(this.#byInstance);
    const takenBack = new Set<Entry>();
    this.#byName.clear();
    this.#byInstance.clear();
    this.#formers.clear();
    const instances = new Map(remembered.instances.map((instance) => [instance.id, instance]));
    for (const deployment of remembered.deployments) {
      const instance = instances.get(deployment.instanceId);
      if (!instance) continue;
      const known = before.get(instance.id);
      before.delete(instance.id);
      const same = known && isSame(known.instance, instance) && isSame(known.deployment, deployment);
      const entry = this.add(Object.assign(known ?? {}, { deployment, instance }));
      if (!same) takenBack.add(entry);
    }
    const sinceMs = this.#nowMs();
    for (const former of remembered.formers) this.#formers.set(former.id, { ...former, sinceMs });
    return { takenBack, gone: [...before.values()] };
  }
}
