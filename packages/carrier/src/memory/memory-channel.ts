// One end of a channel in memory. The other end reads what is written here, as far as the network lets it pass.

import { Duplex } from 'node:stream';

/** Of a number of bytes, how many pass. Where fewer do, the network drops the channel. */
export type Passage = (bytes: number) => number;

export class MemoryChannel extends Duplex {
  readonly #passage: Passage;
  #other: MemoryChannel | undefined;
  /** Called when the reader here wants more. */
  #onRoom: (() => void) | undefined;

  constructor(passage: Passage) {
    super({ allowHalfOpen: true });
    this.#passage = passage;
  }

  static join(a: MemoryChannel, b: MemoryChannel): void {
    a.#other = b;
    b.#other = a;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const passing = this.#passage(chunk.length);
    const other = this.#other!;
    // A copy: the writer may use its buffer again.
    const hasRoom = passing === 0 || other.push(Buffer.from(chunk.subarray(0, passing)));
    // The rest is lost: the network drops the channel.
    if (passing < chunk.length) return;
    if (hasRoom) done();
    else other.#onRoom = done;
  }

  override _read(): void {
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }

  override _final(done: () => void): void {
    if (!this.#other!.destroyed) this.#other!.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other!;
    // As SSH does: the other side reads what was on its way, its end, then it is closed.
    setImmediate(() => {
      if (other.destroyed) return;
      if (!other.readableEnded && !this.writableFinished) other.push(null);
      if (other.readableLength === 0) other.destroy();
      else other.once('end', () => other.destroy());
    });
    done(error);
  }
}
