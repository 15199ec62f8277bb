// Bytes in, frames out, wherever the bytes were split. Keeps no payload of a stream: its pieces are passed on as they come.

import { type FrameType, frameTypes, headerBytes, maxPayloadBytes } from './frame.ts';
import { maxHelloBytes } from './hello.ts';
import { maxRefusalBytes } from './refusal.ts';

/** What the peer did against the protocol, for the log; undefined: nothing. */
export type Violation = string | undefined;

export interface FrameSink {
  /** A frame of a stream has begun: OPEN, or DATA of this length. */
  onBegin(type: FrameType, stream: number, length: number): Violation;
  /** A piece of the payload of the frame that has begun last; a part of the chunk that was pushed. */
  onPiece(bytes: Buffer): void;
  /** Any other frame, with all of its payload. */
  onControl(type: FrameType, stream: number, payload: Buffer): Violation;
}

/** How long the payload of each type may be: at least and at most. */
const lengths: Readonly<Record<number, readonly [number, number]>> = {
  [frameTypes.open]: [0, maxPayloadBytes],
  [frameTypes.data]: [1, maxPayloadBytes],
  [frameTypes.end]: [0, 0],
  [frameTypes.reset]: [0, 0],
  [frameTypes.window]: [4, 4],
  [frameTypes.ack]: [4, 4],
  [frameTypes.hello]: [1, maxHelloBytes],
  [frameTypes.goaway]: [0, 0],
  [frameTypes.close]: [0, 0],
  [frameTypes.refused]: [1, maxRefusalBytes],
};

export class FrameReader {
  readonly #sink: FrameSink;
  /** A header or a control payload that is split between chunks. */
  readonly #held = Buffer.alloc(Math.max(headerBytes, maxHelloBytes, maxRefusalBytes));
  #heldBytes = 0;
  /** The frame whose payload is being read. */
  #type: FrameType = frameTypes.data;
  #stream = 0;
  #left = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** After a violation the reader is spent. */
  push(chunk: Buffer): Violation {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const end = Math.min(chunk.length, at + this.#left);
        const violation = this.#takePayload(chunk.subarray(at, end));
        if (violation !== undefined) return violation;
        at = end;
        continue;
      }
      if (this.#heldBytes === 0 && chunk.length - at >= headerBytes) {
        const violation = this.#begin(chunk, at);
        if (violation !== undefined) return violation;
        at += headerBytes;
        continue;
      }
      const end = Math.min(chunk.length, at + headerBytes - this.#heldBytes);
      this.#hold(chunk.subarray(at, end));
      at = end;
      if (this.#heldBytes < headerBytes) return undefined;
      this.#heldBytes = 0;
      const violation = this.#begin(this.#held, 0);
      if (violation !== undefined) return violation;
    }
    return undefined;
  }

  #begin(header: Buffer, at: number): Violation {
    const type = header[at]!;
    const length = (header[at + 1]! << 16) | (header[at + 2]! << 8) | header[at + 3]!;
    const allowed = lengths[type];
    if (!allowed) return `it sent a frame of type ${type}`;
    if (length < allowed[0] || length > allowed[1]) return `it sent a frame of type ${type} with ${length} bytes`;
    this.#type = type as FrameType;
    this.#stream = header.readUInt32BE(at + 4);
    this.#left = length;
    if (this.#isOfStream()) return this.#sink.onBegin(this.#type, this.#stream, length);
    return length === 0 ? this.#sink.onControl(this.#type, this.#stream, header.subarray(0, 0)) : undefined;
  }

  #isOfStream(): boolean {
    return this.#type === frameTypes.data || this.#type === frameTypes.open;
  }

  #takePayload(piece: Buffer): Violation {
    this.#left -= piece.length;
    if (this.#isOfStream()) {
      this.#sink.onPiece(piece);
      return undefined;
    }
    this.#hold(piece);
    if (this.#left > 0) return undefined;
    const payload = this.#held.subarray(0, this.#heldBytes);
    this.#heldBytes = 0;
    return this.#sink.onControl(this.#type, this.#stream, payload);
  }

  #hold(piece: Buffer): void {
    piece.copy(this.#held, this.#heldBytes);
    this.#heldBytes += piece.length;
  }
}
