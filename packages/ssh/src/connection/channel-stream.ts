// One SSH channel as an ordinary Node stream. ssh2's own channels lose write callbacks, wait for readers before
// they close, and end cleanly when the transport is cut; this one closes at once and ends only after an EOF.

import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';
import { widenWindow } from './ssh2-internals.ts';

/** The transport below all channels. Writes wait while it is congested; else a slow link would fill the memory. */
export interface Congestion {
  /** Calls back at once, or when the transport has drained. */
  whenClear(callback: () => void): void;
  /** Sends at once what would leave at the end of this turn. */
  flush(): void;
}

/** A session's channel stays open after both ends of data (`peer-closes`), because its exit status comes after them. */
export type ClosesWhen = 'both-ended' | 'peer-closes';

export class ChannelStream extends Duplex {
  /** ssh2 puts all bytes in packets of its own before it calls back: the writer may use their memory again. */
  readonly copiesWrites = true;
  readonly #channel: Channel;
  readonly #congestion: Congestion;
  #bytesRead = 0;
  #peerClosed = false;
  /** Absent: ssh2's own. */
  #windowBytes: number | undefined;
  #afterWrite: (() => void) | undefined;

  constructor(channel: Channel, congestion: Congestion, closesWhen: ClosesWhen = 'both-ended') {
    super({ allowHalfOpen: true, autoDestroy: closesWhen === 'both-ended' });
    this.#channel = channel;
    this.#congestion = congestion;
    // A lost transport is an `error` event for its listeners; without listeners it must not end the process.
    this.on('error', () => undefined);
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('data', (chunk: Buffer) => {
      this.#bytesRead += chunk.length;
      if (this.#windowBytes !== undefined) widenWindow(channel, this.#windowBytes);
      if (!this.push(chunk)) channel.pause();
    });
    channel.on('end', () => this.push(null));
    channel.on('close', () => this.#onPeerClose());
  }

  /** Bytes received so far, as on a net.Socket. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** For a reader that never stops reading and limits what is in flight itself: the server may send so much ahead, from now on. */
  widen(windowBytes: number): void {
    this.#windowBytes = windowBytes;
    widenWindow(this.#channel, windowBytes);
  }

  /** Sends at once what was written in this turn, of all channels. Else it leaves at the turn's end. */
  flush(): void {
    this.#congestion.flush();
  }

  override _read(): void {
    this.#channel.resume();
  }

  /** After the peer has closed, discards what is written; what the peer sent before can still be read. */
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
