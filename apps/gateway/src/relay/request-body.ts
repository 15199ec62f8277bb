// Reads the body of a request whole, out of its framing, up to a limit.

import { type BodyScanner, bodyTooLarge, createBodyScanner, type Framing, type Refusal } from '@fairlead/openai-wire';

import { type BodyReader, createBodyReader } from './body-reader.ts';

export interface RequestBodyStep {
  isDone: boolean;
  /** Bytes of the next request. */
  rest?: Buffer;
  refusal?: Refusal;
}

const nothing = Buffer.alloc(0);

export class RequestBody {
  readonly #scanner: BodyScanner | undefined;
  readonly #reader: BodyReader | undefined;
  #pieces: Buffer[] = [];

  constructor(framing: Framing, limitBytes: number) {
    this.#scanner = createBodyScanner(framing, limitBytes);
    // The scanner judges the chunks, and passes on the good ones as they came.
    this.#reader = framing.kind === 'chunked' ? createBodyReader(framing) : undefined;
  }

  /** Before the first byte: what can be refused by the head alone. */
  static refusalOf(framing: Framing, limitBytes: number): Refusal | undefined {
    return framing.kind === 'length' && framing.bytes > limitBytes ? bodyTooLarge(limitBytes) : undefined;
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#scanner === undefined;
  }

  take(piece: Buffer): RequestBodyStep {
    if (!this.#scanner) return { isDone: true, rest: piece };
    const { forward, done, refusal } = this.#scanner.scan(piece);
    if (refusal) return { isDone: false, refusal };
    const taken = piece.subarray(0, forward);
    if (this.#reader) this.#reader.read(taken, (content) => this.#pieces.push(content));
    else if (forward > 0) this.#pieces.push(taken);
    // What follows the last chunk belongs to no request: such a connection serves no other one.
    return done ? { isDone: true, rest: this.#reader ? nothing : piece.subarray(forward) } : { isDone: false };
  }

  /** All of it. Once. */
  whole(): Buffer {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }
}
