// How fast the peer receives at best, from what it has acknowledged. Pure: times are given.

/** Acknowledgements that were held up come together: within less time than this they say nothing of the rate. */
const sampleMs = 20;
/** The best of this time counts, and of the one before it: the way may have changed. */
const memoryMs = 5_000;

export class DeliveryRate {
  #startMs = Number.NEGATIVE_INFINITY;
  #startBytes = 0;
  #best = 0;
  #formerBest = 0;
  #bestSinceMs = Number.NEGATIVE_INFINITY;

  /** Bytes a millisecond; 0: not known yet. Pauses of the writer lower a sample, and so do not count. */
  get bytesPerMs(): number {
    return Math.max(this.#best, this.#formerBest);
  }

  /** `ackedBytes`: in all. */
  note(ackedBytes: number, nowMs: number): void {
    const tookMs = nowMs - this.#startMs;
    if (tookMs < sampleMs) return;
    if (nowMs - this.#bestSinceMs > memoryMs) {
      this.#formerBest = this.#best;
      this.#best = 0;
      this.#bestSinceMs = nowMs;
    }
    if (Number.isFinite(tookMs)) this.#best = Math.max(this.#best, (ackedBytes - this.#startBytes) / tookMs);
    this.#startMs = nowMs;
    this.#startBytes = ackedBytes;
  }
}
