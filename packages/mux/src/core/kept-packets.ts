// What one end has sent of a session and the peer has not acknowledged: a new channel goes on with it. Pure.

import type { Packet } from './packer.ts';

export class KeptPackets {
  /** In the order in which they were sent; those before `#first` are forgotten, and removed in lumps. */
  #packets: Packet[] = [];
  #first = 0;
  /** Positions of the first kept byte and behind the last one, in all bytes that this end has sent. */
  #start = 0;
  #end = 0;
  /** Bytes of the first packet that are acknowledged. */
  #skip = 0;

  get bytes(): number {
    return this.#end - this.#start;
  }

  add(packets: readonly Packet[]): void {
    for (const packet of packets) {
      this.#packets.push(packet);
      this.#end += packet.bytes.length;
    }
  }

  /** The peer has all bytes before this position. Returns the packets that are not needed any more. */
  forget(position: number): Packet[] {
    const forgotten: Packet[] = [];
    let left = Math.min(position, this.#end) - this.#start;
    if (left <= 0) return forgotten;
    this.#start += left;
    left += this.#skip;
    for (let packet = this.#packets[this.#first]; packet; packet = this.#packets[this.#first]) {
      if (packet.bytes.length > left) break;
      left -= packet.bytes.length;
      forgotten.push(packet);
      this.#first += 1;
    }
    this.#skip = left;
    this.#shrink();
    return forgotten;
  }

  /** All bytes from this position on; undefined where it is none of a byte that is kept, or of the next one. */
  from(position: number): Buffer[] | undefined {
    if (position < this.#start || position > this.#end) return undefined;
    let skip = position - this.#start + this.#skip;
    const pieces: Buffer[] = [];
    for (let at = this.#first; at < this.#packets.length; at += 1) {
      const { bytes } = this.#packets[at]!;
      if (skip < bytes.length) pieces.push(bytes.subarray(skip));
      skip = Math.max(0, skip - bytes.length);
    }
    return pieces;
  }

  #shrink(): void {
    if (this.#first === this.#packets.length) this.#packets = [];
    else if (this.#first > 512) this.#packets.splice(0, this.#first);
    else return;
    this.#first = 0;
  }
}
