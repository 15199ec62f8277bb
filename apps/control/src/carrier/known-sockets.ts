// The agents' sockets that the dialler has seen in the run directory, by name and by instance. Touches no file.

import type { SocketTarget } from './socket-target.ts';

export class KnownSockets {
  readonly #byName = new Map<string, SocketTarget>();
  readonly #byInstance = new Map<string, Set<SocketTarget>>();

  get(name: string): SocketTarget | undefined {
    return this.#byName.get(name);
  }

  all(): Iterable<SocketTarget> {
    return this.#byName.values();
  }

  ofInstance(instanceId: string): ReadonlySet<SocketTarget> {
    return this.#byInstance.get(instanceId) ?? new Set();
  }

  add(target: SocketTarget): void {
    this.#byName.set(target.name, target);
    const siblings = this.#byInstance.get(target.instanceId) ?? new Set();
    this.#byInstance.set(target.instanceId, siblings.add(target));
  }

  remove(target: SocketTarget): void {
    this.#byName.delete(target.name);
    const siblings = this.#byInstance.get(target.instanceId);
    siblings?.delete(target);
    if (siblings?.size === 0) this.#byInstance.delete(target.instanceId);
  }
}
