// The room of one engine for sequences and their KV cache. Counts and decides only.

export interface BatchLimits {
  /** `--max-num-seqs`. */
  maxSequences: number;
  /** Tokens. */
  kvCapacity: number;
}

export interface SlotUse {
  sequences: number;
  kvTokens: number;
}

export class Batch {
  readonly #limits: BatchLimits;
  #sequences = 0;
  #kvTokens = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get sequences(): number {
    return this.#sequences;
  }

  get kvTokens(): number {
    return this.#kvTokens;
  }

  /** An empty engine takes any request, even one that is larger than the cache: else it would wait for ever. */
  fits({ sequences, kvTokens }: SlotUse): boolean {
    if (this.#sequences === 0) return true;
    return (
      this.#sequences + sequences <= this.#limits.maxSequences && this.#kvTokens + kvTokens <= this.#limits.kvCapacity
    );
  }

  /** Whether the requests hold more tokens than the cache has. */
  get overfull(): boolean {
    return this.#kvTokens > this.#limits.kvCapacity;
  }

  take({ sequences, kvTokens }: SlotUse): void {
    this.#sequences += sequences;
    this.#kvTokens += kvTokens;
  }

  grow(tokens: number): void {
    this.#kvTokens += tokens;
  }

  release({ sequences, kvTokens }: SlotUse): void {
    this.#sequences -= sequences;
    this.#kvTokens -= kvTokens;
  }
}
