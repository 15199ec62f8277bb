// When each instance's lease was last renewed, by a monotonic clock. All leases have the same length: the oldest ends first.

export class Leases {
  readonly leaseMs: number;
  /** In order of renewal: the first ends first. */
  readonly #renewed = new Map<string, number>();

  constructor(leaseMs: number) {
    this.leaseMs = leaseMs;
  }

  renew(id: string, monotonicMs: number): void {
    this.#renewed.delete(id);
    this.#renewed.set(id, monotonicMs);
  }

  /** Renews every lease: after a time in which control could hear no agent. */
  renewAll(monotonicMs: number): void {
    for (const id of this.#renewed.keys()) this.#renewed.set(id, monotonicMs);
  }

  end(id: string): void {
    this.#renewed.delete(id);
  }

  /** Milliseconds left; undefined where there is no lease. */
  leftMs(id: string, monotonicMs: number): number | undefined {
    const renewed = this.#renewed.get(id);
    return renewed === undefined ? undefined : Math.max(0, renewed + this.leaseMs - monotonicMs);
  }

  /** The leases whose time is over, with the time since their renewal. They stay listed until `end` or `renew`. */
  expired(monotonicMs: number): Array<{ id: string; silentMs: number }> {
    const found: Array<{ id: string; silentMs: number }> = [];
    for (const [id, renewed] of this.#renewed) {
      const silentMs = monotonicMs - renewed;
      if (silentMs <= this.leaseMs) break;
      found.push({ id, silentMs });
    }
    return found;
  }

  get size(): number {
    return this.#renewed.size;
  }
}
