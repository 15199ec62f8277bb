// A channel whose answer a web page of one origin may read. What the engine says of origins itself is replaced: two of a kind are an error to browsers.

import { Duplex } from 'node:stream';

import { originFields } from './local-answers.ts';

const headEnd = '\r\n\r\n';
/** A head that is longer passes as it is, and the browser refuses it. */
const maxHeadBytes = 64 * 1024;

/** Takes ownership of the channel: it ends, fails and closes with what is returned, and the other way round. */
export function withOrigin(channel: Duplex, origin: string): Duplex {
  return new ChannelWithOrigin(channel, origin);
}

class ChannelWithOrigin extends Duplex {
  readonly #channel: Duplex;
  readonly #origin: string;
  /** What came of the head; undefined once it is complete. */
  #head: Buffer | undefined = Buffer.alloc(0);

  constructor(channel: Duplex, origin: string) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    this.#origin = origin;
    channel.on('data', (piece: Buffer) => this.#take(piece));
    channel.once('end', () => this.#end());
    channel.on('error', (error) => this.destroy(error));
    channel.once('close', () => {
      if (!channel.readableEnded) this.destroy();
    });
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write(piece, done);
  }

  override _final(done: () => void): void {
    this.#channel.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#channel.destroy(error ?? undefined);
    done(error);
  }

  #take(piece: Buffer): void {
    const ready = this.#head ? this.#rewrite(Buffer.concat([this.#head, piece])) : piece;
    if (ready && !this.push(ready)) this.#channel.pause();
  }

  #end(): void {
    if (this.#head && this.#head.length > 0) this.push(this.#head);
    this.push(null);
  }

  #rewrite(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(headEnd);
    this.#head = end === -1 && bytes.length < maxHeadBytes ? bytes : undefined;
    if (this.#head) return undefined;
    if (end === -1) return bytes;
    const lines = bytes.toString('latin1', 0, end).split('\r\n');
    const own = lines.filter((line) => !/^access-control-/i.test(line));
    const rest = bytes.subarray(end + headEnd.length);
    if (!/^HTTP\/1\.[01] 1\d\d /.test(own[0] ?? '')) {
      const head = [...own, ...originFields(this.#origin), '', ''].join('\r\n');
      return Buffer.concat([Buffer.from(head, 'latin1'), rest]);
    }
    // An interim answer (100 Continue): the final one follows.
    this.#head = Buffer.alloc(0);
    const interim = bytes.subarray(0, end + headEnd.length);
    return Buffer.concat([interim, this.#rewrite(rest) ?? Buffer.alloc(0)]);
  }
}
