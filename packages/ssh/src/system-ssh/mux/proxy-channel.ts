// One SSH channel (RFC 4254 section 5) through the system's ssh as an ordinary Node stream, as ChannelStream is for ssh2: windows
// in both directions, half-closes, and an `end` event only after an EOF.

import { Duplex, Readable } from 'node:stream';

import type { ClosesWhen } from '../../connection/channel-stream.ts';
import { string, u32, type WireReader } from './wire.ts';

export const message = {
  open: 90,
  openConfirmation: 91,
  openFailure: 92,
  windowAdjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const;

/** The same sizes as in OpenSSH and ssh2. */
export const windowBytes = 2 * 1024 * 1024;
export const packetBytes = 32 * 1024;

/** The part of the link that a channel uses. */
export interface ChannelLink {
  send(type: number, ...parts: Buffer[]): void;
  /** Calls back at once, or when the socket has drained. */
  whenClear(callback: () => void): void;
}

export interface PeerSide {
  /** The server's number of this channel. */
  id: number;
  windowBytes: number;
  packetBytes: number;
}

export class ProxyChannel extends Duplex {
  readonly stderr: Readable;
  /** Called with each request of the server (`exit-status`, …). */
  onRequest: (name: string, reader: WireReader) => void = () => undefined;
  readonly peerClosed: Promise<void>;
  readonly #link: ChannelLink;
  readonly #peer: PeerSide;
  readonly #answers: Array<(ok: boolean) => void> = [];
  readonly #tellPeerClosed: () => void;
  #bytesRead = 0;
  #unacknowledged = 0;
  #isPeerClosed = false;
  #isCloseSent = false;
  #waiting: { chunk: Buffer; done: () => void } | undefined;

  constructor(link: ChannelLink, peer: PeerSide, closesWhen: ClosesWhen) {
    super({ allowHalfOpen: true, autoDestroy: closesWhen === 'both-ended' });
    this.#link = link;
    this.#peer = { ...peer };
    this.stderr = new Readable({ read: () => this.#acknowledge() });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.peerClosed = promise;
    this.#tellPeerClosed = resolve;
    // A lost connection is an `error` event for its listeners; without listeners it must not end the process.
    this.on('error', () => undefined);
  }

  /** Bytes received so far, as on a net.Socket. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Resolves with whether the server accepted the request; with false if the channel has closed. */
  async request(name: string, ...parts: Buffer[]): Promise<boolean> {
    if (this.#isPeerClosed || this.#isCloseSent) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#answers.push(resolve);
    this.#send(message.request, string(name), Buffer.from([1]), ...parts);
    return promise;
  }

  signal(name: string): void {
    if (!this.#isCloseSent && !this.#isPeerClosed)
      this.#send(message.request, string('signal'), Buffer.from([0]), string(name));
  }

  /** Takes a message for this channel; `reader` is positioned after the channel's number. */
  onMessage(type: number, reader: WireReader): void {
    switch (type) {
      case message.data:
        return this.#onData(this, reader.bytes());
      case message.extendedData:
        reader.u32();
        return this.#onData(this.stderr, reader.bytes());
      case message.windowAdjust:
        this.#peer.windowBytes += reader.u32();
        return this.#pump();
      case message.eof:
        return this.#onEof();
      case message.close:
        return this.#onClose();
      case message.request:
        return this.#onRequest(reader);
      case message.success:
        return this.#answers.shift()?.(true);
      case message.failure:
        return this.#answers.shift()?.(false);
    }
  }

  override _read(): void {
    this.#acknowledge();
  }

  /** After the peer has closed, discards what is written; what the peer sent before can still be read. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.#isPeerClosed) return callback();
    this.#waiting = { chunk, done: callback };
    this.#pump();
  }

  override _final(callback: () => void): void {
    if (!this.#isCloseSent) this.#send(message.eof);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#close();
    for (const answer of this.#answers.splice(0)) answer(false);
    callback(error);
  }

  #onData(to: Readable, bytes: Buffer): void {
    this.#bytesRead += bytes.length;
    this.#unacknowledged += bytes.length;
    // After the reader has closed, the peer has the close message, and what it still sends is discarded.
    if (this.destroyed || to.push(bytes)) this.#acknowledge();
  }

  #acknowledge(): void {
    if (this.#unacknowledged < windowBytes / 4 || this.#isCloseSent || this.#isPeerClosed) return;
    this.#send(message.windowAdjust, u32(this.#unacknowledged));
    this.#unacknowledged = 0;
  }

  #pump(): void {
    while (this.#waiting && this.#waiting.chunk.length > 0 && this.#peer.windowBytes > 0) {
      const { chunk } = this.#waiting;
      const piece = chunk.subarray(0, Math.min(this.#peer.windowBytes, this.#peer.packetBytes));
      this.#peer.windowBytes -= piece.length;
      this.#send(message.data, u32(piece.length), piece);
      this.#waiting.chunk = chunk.subarray(piece.length);
    }
    const { done } = this.#waiting ?? {};
    if (!done || this.#waiting?.chunk.length !== 0) return;
    this.#waiting = undefined;
    this.#link.whenClear(done);
  }

  #onEof(): void {
    this.push(null);
    this.stderr.push(null);
  }

  #onClose(): void {
    this.#isPeerClosed = true;
    for (const answer of this.#answers.splice(0)) answer(false);
    this.#waiting?.done();
    this.#waiting = undefined;
    this.#close();
    this.#tellPeerClosed();
    if (this.destroyed) return;
    if (!this.readableEnded) this.#onEof();
    if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }

  #onRequest(reader: WireReader): void {
    const name = reader.text();
    const wantsAnswer = reader.byte() === 1;
    this.onRequest(name, reader);
    if (wantsAnswer && !this.#isCloseSent) this.#send(message.failure);
  }

  #close(): void {
    if (this.#isCloseSent) return;
    this.#isCloseSent = true;
    this.#link.send(message.close, u32(this.#peer.id));
  }

  #send(type: number, ...parts: Buffer[]): void {
    this.#link.send(type, u32(this.#peer.id), ...parts);
  }
}
