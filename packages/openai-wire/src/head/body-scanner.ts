// Finds the end of a request body in the bytes that follow its head, without copying. What comes after it is not ours.

import { type Refusal, refuse } from '../refusal.ts';
import type { Framing } from './interpret-head.ts';

export interface BodyStep {
  /** How many bytes of the piece, from its start, belong to the engine. */
  forward: number;
  /** The body is complete; the rest of the piece, and all that follows, belongs to no request. */
  done: boolean;
  /** Bytes that end the body at the engine, after the forwarded ones. */
  closing?: Buffer;
  refusal?: Refusal;
}

export interface BodyScanner {
  /** After `done` or a refusal the scanner is spent. */
  scan(piece: Buffer): BodyStep;
}

/** Undefined when there is no body. */
export function createBodyScanner(framing: Framing, bodyBytes: number): BodyScanner | undefined {
  if (framing.kind === 'none') return undefined;
  return framing.kind === 'length' ? new LengthBody(framing.bytes) : new ChunkedBody(bodyBytes);
}

export function bodyTooLarge(bodyBytes: number): Refusal {
  return refuse('payload_too_large', `The request body is larger than ${bodyBytes} bytes. Send less in one request.`);
}

class LengthBody implements BodyScanner {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  scan(piece: Buffer): BodyStep {
    const forward = Math.min(piece.length, this.#left);
    this.#left -= forward;
    return { forward, done: this.#left === 0 };
  }
}

const cr = 0x0d;
const lineFeed = 0x0a;
const semicolon = 0x3b;
const space = 0x20;
const htab = 0x09;
const crlf = Buffer.from('\r\n');
const maxSizeDigits = 10;
const maxExtensionBytes = 256;
const maxTrailerBytes = 4096;

type ChunkedState = 'size' | 'extension' | 'sizeLf' | 'data' | 'dataCr' | 'dataLf' | 'trailer' | 'trailerLf' | 'endLf';

/**
 * RFC 9112 7.1. Everything up to the last chunk's line travels on as it is; trailers are read and dropped, since
 * nothing that the front has not checked may come after it as a field.
 */
class ChunkedBody implements BodyScanner {
  readonly #bodyBytes: number;
  #state: ChunkedState = 'size';
  #size = 0;
  #sizeDigits = 0;
  #extensionBytes = 0;
  #left = 0;
  #total = 0;
  #trailerBytes = 0;
  #lineBytes = 0;
  /** Within the piece: what lies before it is the engine's. */
  #forward = 0;

  constructor(bodyBytes: number) {
    this.#bodyBytes = bodyBytes;
  }

  scan(piece: Buffer): BodyStep {
    this.#forward = 0;
    for (let at = 0; at < piece.length; at += 1) {
      if (this.#state === 'data') {
        const taken = Math.min(this.#left, piece.length - at);
        this.#left -= taken;
        if (this.#left === 0) this.#state = 'dataCr';
        at += taken - 1;
        this.#forward = at + 1;
        continue;
      }
      const inBody = !this.#isPastLastChunk();
      const end = this.#takeByte(piece[at]!);
      if (end === 'done') return { forward: this.#forward, done: true, closing: crlf };
      if (end) return { forward: this.#forward, done: false, refusal: end };
      if (inBody) this.#forward = at + 1;
    }
    return { forward: this.#forward, done: false };
  }

  #isPastLastChunk(): boolean {
    return this.#state === 'trailer' || this.#state === 'trailerLf' || this.#state === 'endLf';
  }

  #takeByte(byte: number): Refusal | 'done' | undefined {
    switch (this.#state) {
      case 'size':
        return this.#takeSizeByte(byte);
      case 'extension':
        if (byte === cr) return this.#to('sizeLf');
        this.#extensionBytes += 1;
        if (this.#extensionBytes > maxExtensionBytes || !isText(byte)) return badChunk();
        return undefined;
      case 'sizeLf':
        return byte === lineFeed ? this.#startChunk() : badChunk();
      case 'dataCr':
        return byte === cr ? this.#to('dataLf') : badChunk();
      case 'dataLf':
        return byte === lineFeed ? this.#to('size') : badChunk();
      case 'trailer':
        return this.#takeTrailerByte(byte);
      case 'trailerLf':
        return byte === lineFeed ? this.#to('trailer') : badChunk();
      case 'endLf':
        return byte === lineFeed ? 'done' : badChunk();
      case 'data':
        return undefined;
    }
  }

  #takeSizeByte(byte: number): Refusal | undefined {
    const digit = hexDigit(byte);
    if (digit !== undefined) {
      this.#size = this.#size * 16 + digit;
      this.#sizeDigits += 1;
      return this.#sizeDigits > maxSizeDigits ? badChunk() : undefined;
    }
    if (this.#sizeDigits === 0) return badChunk();
    if (byte === cr) return this.#to('sizeLf');
    // White space before ";" is allowed by RFC 9112 7.1.1 and read in several ways by parsers in use: refused.
    return byte === semicolon ? this.#to('extension') : badChunk();
  }

  #startChunk(): Refusal | undefined {
    this.#total += this.#size;
    if (this.#total > this.#bodyBytes) return bodyTooLarge(this.#bodyBytes);
    this.#left = this.#size;
    this.#to(this.#size === 0 ? 'trailer' : 'data');
    this.#size = 0;
    this.#sizeDigits = 0;
    this.#extensionBytes = 0;
    return undefined;
  }

  #takeTrailerByte(byte: number): Refusal | undefined {
    if (byte === cr) {
      const isEnd = this.#lineBytes === 0;
      this.#lineBytes = 0;
      return this.#to(isEnd ? 'endLf' : 'trailerLf');
    }
    this.#lineBytes += 1;
    this.#trailerBytes += 1;
    return this.#trailerBytes > maxTrailerBytes || !isText(byte) ? badChunk() : undefined;
  }

  #to(state: ChunkedState): undefined {
    this.#state = state;
  }
}

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
}

function isText(byte: number): boolean {
  return byte === htab || (byte >= space && byte !== 0x7f);
}

function badChunk(): Refusal {
  return refuse('bad_request', 'The chunks of the request body are not valid (RFC 9112 7.1). Correct the client.');
}
