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
const smallBytes = 1024;
const blockBytes = 64 * 1024;

export class RequestBody {
  readonly #scanner: BodyScanner | undefined;
  readonly #reader: BodyReader | undefined;
  #pieces: Buffer[] = [];
  /** Small pieces in one: each would cost more than its bytes. */
  #block: Buffer = nothing;
  #blockBytes = 0;
  #heldBytes = 0;

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
    if (this.#reader) this.#reader.read(taken, (content) => this.#hold(content));
    else if (forward > 0) this.#hold(taken);
    // What follows the last chunk belongs to no request: such a connection serves no other one.
    return done ? { isDone: true, rest: this.#reader ? nothing : piece.subarray(forward) } : { isDone: false };
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  #hold(content: Buffer): void {
    this.#heldBytes += content.length;
    if (content.length >= smallBytes) {
      this.#endBlock();
      this.#pieces.push(content);
      return;
    }
    if (this.#blockBytes + content.length > this.#block.length) {
      this.#endBlock();
      this.#block = Buffer.allocUnsafeSlow(this.#heldBytes > blockBytes ? blockBytes : 2 * smallBytes);
    }
    content.copy(this.#block, this.#blockBytes);
    this.#blockBytes += content.length;
  }

  #endBlock(): void {
    if (this.#blockBytes > 0) this.#pieces.push(this.#block.subarray(0, this.#blockBytes));
    this.#block = nothing;
    this.#blockBytes = 0;
  }

  /** All of it. Once. */
  whole(): Buffer {
    this.#endBlock();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }
}
