// One stream of a mux as an ordinary Node stream. Both directions have an end of their own; destroying it resets it for the peer.

import { Duplex } from 'node:stream';

import type { CoreStream, StreamListener } from '../core/core-stream.ts';
import type { MuxCore } from '../core/mux-core.ts';
import { streamReset } from './mux-lost.ts';

/** A small piece that waits for its reader would keep the whole chunk that it came in: it is copied. A large one is most of its chunk. */
const copiedBytes = 4 * 1024;
/** A body leaves in lumps of this: each costs a turn of the event loop. */
const writableHighWaterMark = 256 * 1024;

export interface MuxStreamDeps {
  core: MuxCore;
  monotonicMs: () => number;
}

export class MuxStream extends Duplex implements StreamListener {
  readonly #core: MuxCore;
  readonly #monotonicMs: () => number;
  readonly #stream: CoreStream;
  /** Received and not reported to the core as consumed. */
  #unreportedBytes = 0;
  #hasPeerEnded = false;
  #afterWrite: (() => void) | undefined;

  /** `stream`: one that the peer has opened; absent: a new one of this end. */
  constructor({ core, monotonicMs }: MuxStreamDeps, stream?: CoreStream) {
    super({ allowHalfOpen: true, writableHighWaterMark });
    this.#core = core;
    this.#monotonicMs = monotonicMs;
    this.#stream = stream ?? core.open(this);
    // A lost mux is an `error` event for its listeners; without listeners it must not end the process.
    this.on('error', () => undefined);
  }

  onBytes(bytes: Buffer): void {
    this.#unreportedBytes += bytes.length;
    this.push(bytes.length <= copiedBytes ? Buffer.from(bytes) : bytes);
    this.#report();
  }

  onEnd(): void {
    this.#hasPeerEnded = true;
    this.push(null);
  }

  /** What came before it is read where it was whole. */
  onReset(): void {
    if (!this.#hasPeerEnded || this.readableEnded) return void this.destroy(streamReset());
    this.once('end', () => this.destroy());
    // Its writer goes on, and what it writes is dropped.
    this.onSent();
  }

  onSent(): void {
    const done = this.#afterWrite;
    this.#afterWrite = undefined;
    done?.();
  }

  /** Not in `_read`, which is called before the bytes are taken, and not again before more come. */
  override read(size?: number): unknown {
    const taken: unknown = super.read(size);
    this.#report();
    return taken;
  }

  override _read(): void {
    // The peer sends as it has credit.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#core.write(this.#stream, chunk)) done();
    else this.#afterWrite = done;
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: () => void): void {
    let isSent = true;
    for (const { chunk } of chunks) isSent = this.#core.write(this.#stream, chunk);
    if (isSent) done();
    else this.#afterWrite = done;
  }

  override _final(done: () => void): void {
    this.#core.end(this.#stream);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#core.reset(this.#stream);
    done(error);
  }

  #report(): void {
    const consumed = this.#unreportedBytes - this.readableLength;
    if (consumed <= 0) return;
    this.#unreportedBytes -= consumed;
    const isIdle = this.readableLength === 0;
    this.#core.consumed(this.#stream, consumed, { nowMs: this.#monotonicMs(), isIdle });
  }
}
