// Gathers frames into packets: all that is written within a turn of the event loop leaves together.

import { type FrameType, headerBytes, muxPacketBytes, writeHeader } from '../wire/frame.ts';

/** Packets are cut from one piece of memory after the other. */
const slabBytes = 4 * muxPacketBytes;
/** Kept for use again: what a limit of bytes in flight of 2 MiB needs at a time. */
const maxSpareSlabs = 16;

interface Slab {
  readonly memory: Buffer;
  /** Cut from it and not released. */
  packets: number;
}

export interface Packet {
  bytes: Buffer;
  /** How many of them are frames of bulk. */
  bulkBytes: number;
  readonly slab: Slab;
}

export class Packer {
  #slab = createSlab();
  readonly #spare: Slab[] = [];
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
    writeHeader(this.#slab.memory, this.#end, { type, stream, length });
    if (length > 0) payload.copy(this.#slab.memory, this.#end + headerBytes, from, to);
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

  /**
   * The bytes of these packets are not read any more: their memory is written again. New memory for each 128 KiB costs more than all else,
   * by the collection of garbage. Packets that are never released stay as they are.
   */
  release(packets: readonly Packet[]): void {
    for (const { slab } of packets) {
      slab.packets -= 1;
      if (slab.packets === 0 && slab !== this.#slab && this.#spare.length < maxSpareSlabs) this.#spare.push(slab);
    }
  }

  #cut(): void {
    if (this.#end === this.#start) return;
    const slab = this.#slab;
    const bytes = slab.memory.subarray(this.#start, this.#end);
    slab.packets += 1;
    this.#packets.push({ bytes, bulkBytes: this.#bulkBytes, slab });
    this.#packedTokenBytes += bytes.length - this.#bulkBytes;
    this.#packedBulkBytes += this.#bulkBytes;
    this.#bulkBytes = 0;
    this.#start = this.#end;
    if (slabBytes - this.#end >= muxPacketBytes) return;
    this.#slab = this.#spare.pop() ?? createSlab();
    this.#start = this.#end = 0;
  }
}

function createSlab(): Slab {
  return { memory: Buffer.allocUnsafeSlow(slabBytes), packets: 0 };
}
