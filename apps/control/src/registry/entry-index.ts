// Finds entries by deployment and by instance, and the former instances by id. In memory only.

import { isSame } from '../domain/compare-records.ts';
import type { SocketOwner } from '../domain/decide-socket.ts';
import type { DeploymentRecord, FormerInstance, InstanceRecord } from '../domain/records.ts';
import type { Entry, OwnDeployment, OwnEntry } from './entry.ts';
import type { Remembered } from '../store/store.ts';

export interface Refilled {
  /** Entries whose records were not those of the disk. */
  takenBack: Set<Entry>;
  /** Entries that the disk does not hold. */
  gone: Entry[];
}

export class EntryIndex {
  readonly #byName = new Map<string, OwnDeployment>();
  readonly #byInstance = new Map<string, OwnEntry>();
  readonly #formers = new Map<string, FormerInstance & { sinceMs: number }>();
  readonly #nowMs: () => number;

  /** `nowMs`: a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  findDeployment(name: string): OwnDeployment | undefined {
    return this.#byName.get(name);
  }

  findInstance(id: string): OwnEntry | undefined {
    return this.#byInstance.get(id);
  }

  findFormer(id: string): FormerInstance | undefined {
    return this.#formers.get(id);
  }

  deployments(): Iterable<OwnDeployment> {
    return this.#byName.values();
  }

  entries(): Iterable<OwnEntry> {
    return this.#byInstance.values();
  }

  formers(): Iterable<FormerInstance> {
    return this.#formers.values();
  }

  /** The instance to which a socket of the run directory belongs. */
  ownerOf(instanceId: string): SocketOwner {
    const entry = this.#byInstance.get(instanceId);
    if (entry) return { kind: 'current', life: entry.instance.life, linkedGeneration: entry.presence.link?.generation };
    const former = this.#formers.get(instanceId);
    return former ? { kind: 'former', forMs: this.#nowMs() - former.sinceMs } : { kind: 'unknown' };
  }

  addDeployment(record: DeploymentRecord): OwnDeployment {
    const deployment: OwnDeployment = { record, instances: [] };
    this.#byName.set(record.name, deployment);
    return deployment;
  }

  addInstance(deployment: OwnDeployment, instance: InstanceRecord): OwnEntry {
    return this.#place(deployment, { deployment, instance, presence: {} });
  }

  remove({ record, instances }: OwnDeployment): void {
    this.#byName.delete(record.name);
    for (const { instance } of instances) this.#byInstance.delete(instance.id);
  }

  removeFormer(id: string): void {
    this.#formers.delete(id);
  }

  /** Makes the entry's instance a former one: another instance takes its place. */
  retire(entry: OwnEntry): void {
    const { id, deployment, enrolmentHash, updatedMs } = entry.instance;
    this.#byInstance.delete(id);
    entry.deployment.instances = entry.deployment.instances.filter((other) => other !== entry);
    this.#formers.set(id, { id, deployment, enrolmentHash, updatedMs, sinceMs: this.#nowMs() });
  }

  /** Replaces the records by those of the disk. The entry of an instance that is still there stays, with what only the memory holds. */
  refill(remembered: Remembered): Refilled {
    const before = new Map(this.#byInstance);
    const takenBack = new Set<Entry>();
    this.#byName.clear();
    this.#byInstance.clear();
    this.#formers.clear();
    const instances = Map.groupBy(remembered.instances, ({ deployment }) => deployment);
    for (const record of remembered.deployments) {
      const found = instances.get(record.name);
      if (!found) continue;
      const deployment = this.addDeployment(record);
      for (const instance of found) {
        const known = before.get(instance.id);
        before.delete(instance.id);
        const same = known && isSame(known.instance, instance) && isSame(known.deployment.record, record);
        const kept = Object.assign(known ?? { presence: {} }, { deployment, instance });
        const entry = this.#place(deployment, kept);
        if (!same) takenBack.add(entry);
      }
    }
    const sinceMs = this.#nowMs();
    for (const former of remembered.formers) this.#formers.set(former.id, { ...former, sinceMs });
    return { takenBack, gone: [...before.values()] };
  }

  #place(deployment: OwnDeployment, entry: OwnEntry): OwnEntry {
    deployment.instances.push(entry);
    this.#byInstance.set(entry.instance.id, entry);
    return entry;
  }
}
