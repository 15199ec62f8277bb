// The first and the last bytes of a stream that passes, up to limits: memory of its own, so that no buffer of a socket is held. Pure.

export class CapturedBytes {
  readonly #maxFirst: number;
  readonly #maxLast: number;
  readonly #first: Buffer[] = [];
  #firstBytes = 0;
  readonly #last: Buffer[] = [];
  #lastBytes = 0;
  #total = 0;

  constructor(limits: { first: number; last: number }) {
    this.#maxFirst = limits.first;
    this.#maxLast = limits.last;
  }

  take(piece: Buffer): void {
    this.#total += piece.length;
    const room = this.#maxFirst - this.#firstBytes;
    if (room > 0) {
      const part = Buffer.from(piece.subarray(0, room));
      this.#first.push(part);
      this.#firstBytes += part.length;
    }
    if (this.#maxLast > 0) this.#takeLast(piece);
  }

  get first(): Buffer {
    return Buffer.concat(this.#first);
  }

  /** A few bytes more than the limit, where they came in pieces. */
  get last(): Buffer {
    return Buffer.concat(this.#last);
  }

  /** Whether `first` is not all of it. */
  get isCut(): boolean {
    return this.#total > this.#firstBytes;
  }

  #takeLast(piece: Buffer): void {
    const part = Buffer.from(piece.subarray(Math.max(0, piece.length - this.#maxLast)));
    this.#last.push(part);
    this.#lastBytes += part.length;
    while (this.#lastBytes - (this.#last[0]?.length ?? 0) >= this.#maxLast)
      this.#lastBytes -= this.#last.shift()?.length ?? 0;
  }
}
