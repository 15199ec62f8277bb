// The instance's side of one request: reached over the carrier, then written to and read.

import type { Duplex } from 'node:stream';

import { detach, errorText } from '@fairlead/kit';

export interface UpstreamListener {
  onConnected(): void;
  onPiece(piece: Buffer): void;
  /** No more comes: with or without an end. Once. */
  onClosed(why: string | undefined): void;
}

export class Upstream {
  /** Dropped with the last word: a channel may outlive its request, and keeps nothing of it. */
  #listener: UpstreamListener | undefined;
  readonly #stop = new AbortController();
  #channel: Duplex | undefined;

  /** Reaches at the end of this turn, with all others that began in it: an instance that sleeps is woken once. The listener is called until `drop` or `release`. */
  constructor(reach: (signal: AbortSignal) => Promise<Duplex>, pieces: readonly Buffer[], listener: UpstreamListener) {
    this.#listener = listener;
    setImmediate(() => detach(this.#open(reach, pieces)));
  }

  pause(): void {
    this.#channel?.pause();
  }

  resume(): void {
    this.#channel?.resume();
  }

  /** Closes the channel at once: the engine stops working for the request. */
  drop(): void {
    this.#listener = undefined;
    this.#stop.abort(dropped);
    this.#channel?.destroy();
  }

  /** The answer is whole: the instance closes its side when it is done; what it still sends is dropped. Returns the channel until then. */
  release(): Duplex | undefined {
    this.#listener = undefined;
    const channel = this.#channel;
    this.#channel = undefined;
    if (!channel || channel.destroyed) return undefined;
    channel.resume();
    channel.once('end', () => channel.destroy());
    if (channel.readableEnded) channel.destroy();
    return channel;
  }

  async #open(reach: (signal: AbortSignal) => Promise<Duplex>, pieces: readonly Buffer[]): Promise<void> {
    if (!this.#listener) return;
    let channel: Duplex;
    try {
      channel = await reach(this.#stop.signal);
    } catch (error) {
      this.#close(errorText(error));
      return;
    }
    // A listener stays for good: a channel may fail after it was dropped.
    channel.on('error', (error) => this.#close(errorText(error)));
    if (!this.#listener) {
      channel.destroy();
      return;
    }
    this.#channel = channel;
    channel.on('data', (piece: Buffer) => this.#listener?.onPiece(piece));
    channel.once('end', () => this.#close(undefined));
    channel.once('close', () => this.#close('the connection to it was lost'));
    this.#listener.onConnected();
    channel.cork();
    for (const piece of pieces) channel.write(piece);
    channel.uncork();
  }

  #close(why: string | undefined): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClosed(why);
  }
}

const dropped = new Error('the request is over');
