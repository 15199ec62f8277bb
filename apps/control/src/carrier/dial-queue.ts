// The instances whose control sockets wait to be dialled, in the order in which they came, and the dials that are not proven
// yet: at most one of an instance, and a limited number of all.

import { maxUnproven, mayDial } from './dial-order.ts';
import { byPromiseOf, type SocketTarget } from './socket-target.ts';

export interface DialQueueDeps {
  socketsOf: (instanceId: string) => Iterable<SocketTarget>;
  /** Whether an agent has proved itself for the instance before. */
  isKnown: (instanceId: string) => boolean;
}

export class DialQueue {
  readonly #deps: DialQueueDeps;
  readonly #waiting = new Set<string>();
  readonly #unproven = new Map<string, SocketTarget>();

  constructor(deps: DialQueueDeps) {
    this.#deps = deps;
  }

  /**
   * Queues the instance of a socket that is to be dialled. A dial of a frozen tunnel's socket can block its instance for
   * seconds: it is ended in favour of a newer socket.
   */
  add(target: SocketTarget): void {
    this.#waiting.add(target.instanceId);
    const dialled = this.#unproven.get(target.instanceId);
    if (dialled && target.generation > dialled.generation && byPromiseOf(target, dialled) < 0) dialled.raw?.destroy();
  }

  /** Begins as many dials as there is room for. `begin` calls `begun` for the socket that it dials. */
  fill(begin: (target: SocketTarget) => void): void {
    for (const instanceId of this.#waiting) {
      if (this.#unproven.size >= maxUnproven) break;
      const { isKnown } = this.#deps;
      if (this.#unproven.has(instanceId) || !mayDial(this.#unproven.size, isKnown(instanceId))) continue;
      const target = this.#next(instanceId);
      if (target) begin(target);
      if (!this.#next(instanceId)) this.#waiting.delete(instanceId);
    }
  }

  begun(target: SocketTarget): void {
    this.#unproven.set(target.instanceId, target);
  }

  /** The dial is proven or has failed: its instance may dial another socket. */
  free(target: SocketTarget): void {
    if (this.#unproven.get(target.instanceId) === target) this.#unproven.delete(target.instanceId);
  }

  /** Whether every instance that waits has a socket that is being dialled. */
  get isCaughtUp(): boolean {
    return [...this.#waiting].every((instanceId) => this.#unproven.has(instanceId));
  }

  #next(instanceId: string): SocketTarget | undefined {
    const siblings = [...this.#deps.socketsOf(instanceId)];
    return siblings.filter(({ dial }) => dial.status === 'queued').toSorted(byPromiseOf)[0];
  }
}
