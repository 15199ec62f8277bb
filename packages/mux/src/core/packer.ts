// Gathers frames into packets: all that is written within a turn of the event loop leaves together.

import { type FrameType, headerBytes, muxPacketBytes, writeHeader } from '../wire/frame.ts';

/** Packets are cut from one piece of memory after the other. A sent one is never written again. */
const slabBytes = 4 * muxPacketBytes;

export interface Packet {
  bytes: Buffer;
  /** How many of them are frames of bulk. */
  bulkBytes: number;
}

export class Packer {
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #start = 0;
  #end = 0;
  #bulkBytes = 0;
  #packets: Packet[] = [];
  #packedTokenBytes = 0;
  #packedBulkBytes = 0;

  /** Bytes that wait for `take`, without those of bulk. */
  get tokenBytes(): number {
    return this.#packedTokenBytes + this.#end - this.#start - this.#bulkBytes;
  }

  get bulkBytes(): number {
    return this.#packedBulkBytes + this.#bulkBytes;
  }

  get isEmpty(): boolean {
    return this.#packets.length === 0 && this.#end === this.#start;
  }

  /** How long a payload may be to fit in the packet that is being filled. */
  get spareBytes(): number {
    return muxPacketBytes - (this.#end - this.#start) - headerBytes;
  }

  /** Copies `payload[from, to)`. */
  add(type: FrameType, stream: number, payload: Buffer, from: number, to: number): void {
    const length = to - from;
    if (length > this.spareBytes) this.#cut();
    writeHeader(this.#slab, this.#end, { type, stream, length });
    if (length > 0) payload.copy(this.#slab, this.#end + headerBytes, from, to);
    this.#end += headerBytes + length;
  }

  addBulk(type: FrameType, stream: number, payload: Buffer, from: number, to: number): void {
    this.add(type, stream, payload, from, to);
    this.#bulkBytes += headerBytes + to - from;
  }

  addWord(type: FrameType, stream: number, value: number): void {
    const word = Buffer.allocUnsafe(4);
    word.writeUInt32BE(value);
    this.add(type, stream, word, 0, 4);
  }

  /** The packets since the last call. */
  take(): Packet[] {
    this.#cut();
    const packets = this.#packets;
    this.#packets = [];
    this.#packedTokenBytes = this.#packedBulkBytes = 0;
    return packets;
  }

  #cut(): void {
    if (this.#end === this.#start) return;
    const bytes = this.#slab.subarray(this.#start, this.#end);
    this.#packets.push({ bytes, bulkBytes: this.#bulkBytes });
    this.#packedTokenBytes += bytes.length - this.#bulkBytes;
    this.#packedBulkBytes += this.#bulkBytes;
    this.#bulkBytes = 0;
    this.#start = this.#end;
    if (slabBytes - this.#end >= muxPacketBytes) return;
    this.#slab = Buffer.allocUnsafeSlow(slabBytes);
    this.#start = this.#end = 0;
  }
}
