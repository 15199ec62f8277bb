// Takes the content of an answer's body out of its framing, as views of the bytes that came: nothing is copied.

import type { AnswerFraming } from './answer-head.ts';

export interface BodyReader {
  /** Calls `onContent` for each piece of content. Bytes behind the end are dropped. */
  read(piece: Buffer, onContent: (content: Buffer) => void): void;
  readonly isDone: boolean;
  /** The framing is broken: what follows cannot be read. */
  readonly isBad: boolean;
  /** The connection has ended: whether the body is whole. */
  end(): boolean;
}

export function createBodyReader(framing: AnswerFraming): BodyReader {
  switch (framing.kind) {
    case 'none':
      return new LengthReader(0);
    case 'length':
      return new LengthReader(framing.bytes);
    case 'chunked':
      return new ChunkReader();
    case 'close':
      return new CloseReader();
  }
}

class LengthReader implements BodyReader {
  readonly isBad = false;
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  read(piece: Buffer, onContent: (content: Buffer) => void): void {
    const content = piece.length > this.#left ? piece.subarray(0, this.#left) : piece;
    this.#left -= content.length;
    if (content.length > 0) onContent(content);
  }

  end(): boolean {
    return this.isDone;
  }
}

class CloseReader implements BodyReader {
  readonly isBad = false;
  isDone = false;

  read(piece: Buffer, onContent: (content: Buffer) => void): void {
    if (piece.length > 0) onContent(piece);
  }

  end(): boolean {
    this.isDone = true;
    return true;
  }
}

const cr = 0x0d;
const lineFeed = 0x0a;
const maxSizeDigits = 8;
const maxLineBytes = 4096;

/** RFC 9112 7.1. Extensions and trailers are dropped. */
class ChunkReader implements BodyReader {
  isDone = false;
  isBad = false;
  #state: 'size' | 'extension' | 'data' | 'afterData' | 'trailer' = 'size';
  #size = 0;
  #digits = 0;
  #left = 0;
  /** Of the present line, where it is no size. */
  #lineBytes = 0;

  read(piece: Buffer, onContent: (content: Buffer) => void): void {
    for (let at = 0; at < piece.length && !this.isDone && !this.isBad;) {
      if (this.#state === 'data') {
        const end = Math.min(piece.length, at + this.#left);
        onContent(piece.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = 'afterData';
      } else {
        this.#takeByte(piece[at]!);
        at += 1;
      }
    }
  }

  end(): boolean {
    return this.isDone;
  }

  #takeByte(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#takeSizeByte(byte);
      case 'extension':
        if (byte === lineFeed) return this.#beginChunk();
        return this.#countLineByte();
      case 'afterData':
        if (byte === lineFeed) this.#state = 'size';
        else if (byte !== cr) this.isBad = true;
        return;
      case 'trailer':
        if (byte === lineFeed) {
          this.isDone = this.#lineBytes === 0;
          this.#lineBytes = 0;
        } else if (byte !== cr) this.#countLineByte();
        return;
      case 'data':
        return;
    }
  }

  #takeSizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== undefined) {
      this.#size = this.#size * 16 + digit;
      this.#digits += 1;
      if (this.#digits > maxSizeDigits) this.isBad = true;
      return;
    }
    if (this.#digits === 0) this.isBad = true;
    else if (byte === lineFeed) this.#beginChunk();
    else this.#state = 'extension';
  }

  #beginChunk(): void {
    this.#state = this.#size === 0 ? 'trailer' : 'data';
    this.#left = this.#size;
    this.#size = 0;
    this.#digits = 0;
    this.#lineBytes = 0;
  }

  #countLineByte(): void {
    this.#lineBytes += 1;
    if (this.#lineBytes > maxLineBytes) this.isBad = true;
  }
}

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
}
