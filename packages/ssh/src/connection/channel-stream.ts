// One SSH channel as an ordinary Node stream. ssh2's own channels forget write callbacks, wait for readers before
// they close, and end cleanly when the transport is cut; this one closes promptly and never ends without an EOF.

import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';

/** The transport below all channels: writes wait while it is congested, or one slow link would fill the memory. */
export interface Congestion {
  /** Calls back at once, or when the transport has drained. */
  whenClear(callback: () => void): void;
}

/** A session's channel outlives both ends of data: its exit status comes after them. */
export type ClosesWhen = 'both-ended' | 'peer-closes';

export class ChannelStream extends Duplex {
  readonly #channel: Channel;
  readonly #congestion: Congestion;
  #bytesRead = 0;
  #peerClosed = false;
  #afterWrite: (() => void) | undefined;

  constructor(channel: Channel, congestion: Congestion, closesWhen: ClosesWhen = 'both-ended') {
    super({ allowHalfOpen: true, autoDestroy: closesWhen === 'both-ended' });
    this.#channel = channel;
    this.#congestion = congestion;
    // A lost transport is told as an error to those who listen; it must not end the process of those who do not.
    this.on('error', () => undefined);
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('data', (chunk: Buffer) => {
      this.#bytesRead += chunk.length;
      if (!this.push(chunk)) channel.pause();
    });
    channel.on('end', () => this.push(null));
    channel.on('close', () => this.#onPeerClose());
  }

  /** Bytes that came in so far, as on a net.Socket. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  override _read(): void {
    this.#channel.resume();
  }

  /** After the peer has closed, what is written goes nowhere; what it sent before can still be read. */
  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#peerClosed) return callback();
    this.#afterWrite = () => {
      this.#afterWrite = undefined;
      callback();
    };
    this.#channel.write(chunk, encoding, () => this.#congestion.whenClear(() => this.#afterWrite?.()));
  }

  override _final(callback: (error?: Error | null) => void): void {
    // Not end(): on the server's side that would close both directions.
    this.#channel.eof();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#channel.close();
    this.#channel.resume();
    callback(error);
  }

  #onPeerClose(): void {
    this.#peerClosed = true;
    this.#afterWrite?.();
    if (this.destroyed) return;
    if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }
}
