// Who was heard of when, by a clock that never goes back. All leases are equally long, so the oldest renewal ends first.

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

  /** Gives everyone a whole lease: after time in which nobody could be heard. */
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

  /** Those whose time is over, with how long they have been silent. They stay until `end` or `renew`. */
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
