// What control holds in memory, to be read: deployments, their instances and leases, and how they are shown. Changes nothing.

import type { Clock } from '@fairlead/kit';
import type { DeploymentView, InstanceView } from '@fairlead/protocol';

import type { SocketOwner } from '../domain/decide-socket.ts';
import type { Leases } from '../domain/leases.ts';
import type { FormerInstance } from '../domain/records.ts';
import { viewDeployment, viewInstance } from '../domain/views.ts';
import type { DeploymentEntry, Entry } from './entry.ts';
import type { EntryIndex } from './entry-index.ts';

export interface RegistryReaderDeps {
  index: EntryIndex;
  leases: Leases;
  clock: Clock;
  runDir: string;
}

export class RegistryReader {
  readonly #held: RegistryReaderDeps;

  constructor(deps: RegistryReaderDeps) {
    this.#held = deps;
  }

  findDeployment(name: string): DeploymentEntry | undefined {
    return this.#held.index.findDeployment(name);
  }

  findInstance(id: string): Entry | undefined {
    return this.#held.index.findInstance(id);
  }

  findFormer(id: string): FormerInstance | undefined {
    return this.#held.index.findFormer(id);
  }

  ownerOf(instanceId: string): SocketOwner {
    return this.#held.index.ownerOf(instanceId);
  }

  deployments(): Iterable<DeploymentEntry> {
    return this.#held.index.deployments();
  }

  /** All instances but the former ones. */
  entries(): Iterable<Entry> {
    return this.#held.index.entries();
  }

  formers(): Iterable<FormerInstance> {
    return this.#held.index.formers();
  }

  get leaseMs(): number {
    return this.#held.leases.leaseMs;
  }

  /** Whether the instance has a lease whose time is not over. */
  isLeased(instanceId: string): boolean {
    return (this.#leftMs(instanceId) ?? 0) > 0;
  }

  viewDeployment({ record, instances }: DeploymentEntry): DeploymentView {
    return viewDeployment(
      record,
      instances.map((entry) => this.viewInstance(entry)),
    );
  }

  viewInstance({ instance, presence }: Entry): InstanceView {
    const { clock, runDir } = this.#held;
    const left = this.#leftMs(instance.id);
    return viewInstance(instance, runDir, {
      agent: presence.agent,
      load: presence.load,
      endpoints: presence.endpoints,
      endToEnd: presence.endToEnd,
      leaseUntilMs: left === undefined ? undefined : Math.round(clock.now() + left),
    });
  }

  #leftMs(instanceId: string): number | undefined {
    return this.#held.leases.leftMs(instanceId, this.#held.clock.monotonicMs());
  }
}
