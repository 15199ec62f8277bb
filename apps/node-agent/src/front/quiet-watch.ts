// How long nothing has been sent, as seen by looking at a byte counter now and then.

export class QuietWatch {
  #since = 0;
  #bytes = -1;

  /** Whether the counter has stood still for longer than `limitMs`. If so, the time begins anew. */
  isOver(now: number, bytes: number, limitMs: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#since = now;
    }
    if (now - this.#since <= limitMs) return false;
    this.#since = now;
    return true;
  }
}
