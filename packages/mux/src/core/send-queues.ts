// Which streams send next: tokens ahead of bulk, bulk by turns, each within its limit of bytes in flight.

import { frameTypes, headerBytes, maxPayloadBytes } from '../wire/frame.ts';
import type { CoreStream } from './core-stream.ts';
import type { InFlight } from './in-flight.ts';
import type { Packer } from './packer.ts';

/** More than this at once is no token. */
const tokenBytes = 4 * 1024;
/** What a stream of bulk sends in its turn. A stream that has sent more than this within a round trip is bulk. */
const turnBytes = 16 * 1024;
/** A rest of a packet that is smaller is left empty: a frame for it costs more. */
const smallestFragment = 1024;

export class SendQueues {
  readonly #packer: Packer;
  readonly #inFlight: InFlight;
  #tokens: CoreStream[] = [];
  #bulk: CoreStream[] = [];

  constructor(packer: Packer, inFlight: InFlight) {
    this.#packer = packer;
    this.#inFlight = inFlight;
  }

  get isEmpty(): boolean {
    return this.#tokens.length === 0 && this.#bulk.length === 0;
  }

  /** Whether `bytes` of a stream that has nothing queued may be packed at once. */
  mayPass(stream: CoreStream, bytes: number): boolean {
    if (bytes > tokenBytes || stream.queuedBytes > 0 || stream.credit < bytes) return false;
    return this.#roundBytes(stream) + bytes <= turnBytes && this.#inFlight.hasRoomForTokens(this.#packer.tokenBytes);
  }

  /** A stream that has bytes to send and credit for them. */
  add(stream: CoreStream): void {
    if (stream.isQueued || stream.queuedBytes === 0 || stream.credit === 0) return;
    stream.isQueued = true;
    const isBulk = stream.queuedBytes > tokenBytes || this.#roundBytes(stream) > turnBytes;
    (isBulk ? this.#bulk : this.#tokens).push(stream);
  }

  /** Packs what the limits allow. `onEmptied` is called for each stream that has nothing queued any more. */
  pack(onEmptied: (stream: CoreStream) => void): void {
    this.#packTokens(onEmptied);
    this.#packBulk(onEmptied);
  }

  noteSent(stream: CoreStream, bytes: number): void {
    stream.credit -= bytes;
    stream.roundBytes = this.#roundBytes(stream) + bytes;
  }

  /** More may have come while it waited: as much as one token can be, the rest in its next turn. */
  #packTokens(onEmptied: (stream: CoreStream) => void): void {
    const waiting = this.#tokens;
    this.#tokens = [];
    let at = 0;
    for (; at < waiting.length; at += 1) {
      if (!this.#inFlight.hasRoomForTokens(this.#packer.tokenBytes)) break;
      this.#take(waiting[at]!, { most: tokenBytes, isBulk: false, onEmptied });
    }
    this.#keep(waiting, at, this.#tokens, (left) => (this.#tokens = left));
  }

  #packBulk(onEmptied: (stream: CoreStream) => void): void {
    const most = this.#bulk.length === 1 ? maxPayloadBytes : turnBytes - headerBytes;
    while (this.#bulk.length > 0) {
      const waiting = this.#bulk;
      this.#bulk = [];
      let at = 0;
      for (; at < waiting.length; at += 1) {
        if (!this.#inFlight.hasRoomForBulk(this.#packer.bulkBytes)) break;
        this.#take(waiting[at]!, { most, isBulk: true, onEmptied });
      }
      const isLimited = at < waiting.length;
      this.#keep(waiting, at, this.#bulk, (left) => (this.#bulk = left));
      if (isLimited) return;
    }
  }

  /** Those that had no turn come before those that have had one. */
  #keep(waiting: CoreStream[], from: number, served: CoreStream[], set: (left: CoreStream[]) => void): void {
    if (from === waiting.length) return;
    this.#inFlight.noteLimited();
    set(waiting.slice(from).concat(served));
  }

  #take(
    stream: CoreStream,
    { most, isBulk, onEmptied }: { most: number; isBulk: boolean; onEmptied: (stream: CoreStream) => void },
  ): void {
    stream.isQueued = false;
    if (stream.isClosed) return;
    let left = Math.min(most, stream.credit, stream.queuedBytes);
    this.noteSent(stream, left);
    stream.queuedBytes -= left;
    while (left > 0) left -= this.#packPiece(stream, left, isBulk);
    if (stream.queuedBytes === 0) return onEmptied(stream);
    if (stream.credit === 0) return;
    stream.isQueued = true;
    (isBulk ? this.#bulk : this.#tokens).push(stream);
  }

  /** Fills the packet rather than starting a new one with a large frame. */
  #packPiece(stream: CoreStream, most: number, isBulk: boolean): number {
    const first = stream.queue[0]!;
    const from = stream.queueOffset;
    const { spareBytes } = this.#packer;
    const room = spareBytes >= smallestFragment ? spareBytes : maxPayloadBytes;
    const length = Math.min(most, first.length - from, room);
    if (isBulk) this.#packer.addBulk(frameTypes.data, stream.id, first, from, from + length);
    else this.#packer.add(frameTypes.data, stream.id, first, from, from + length);
    stream.queueOffset = from + length;
    if (stream.queueOffset === first.length) {
      stream.queue.shift();
      stream.queueOffset = 0;
    }
    return length;
  }

  #roundBytes(stream: CoreStream): number {
    if (stream.round === this.#inFlight.round) return stream.roundBytes;
    stream.round = this.#inFlight.round;
    stream.roundBytes = 0;
    return 0;
  }
}
