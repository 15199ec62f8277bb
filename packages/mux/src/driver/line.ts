// One channel under a session: from when the session takes it until it is lost, or dropped for the next one.

import type { Duplex } from 'node:stream';

import { callLater, type Clock, type CodedError, errorText } from '@fairlead/kit';

import type { MuxErrorCode } from '../mux-error.ts';
import { muxLost } from './mux-lost.ts';

/** What a channel may offer besides. */
export interface MuxChannel extends Duplex {
  /** It has copied what was written when it calls back: the writer may use that memory again. */
  readonly copiesWrites?: true;
  /** Sends at once what it has gathered in this turn: the session gathers a turn itself. */
  flush?(): void;
  /** Lets the peer send so much ahead: the session reads all that comes, and its ends limit what is in flight. */
  widen?(windowBytes: number): void;
}

export interface LineListener {
  onBytes(bytes: Buffer): void;
  /** Once; nothing follows. `forStreams`: the error that the streams of the session end with, which is the channel's own. */
  onLost(cause: CodedError<MuxErrorCode>, forStreams: Error): void;
}

/** Twice what may be in flight of tokens and of bulk together, so that the channel's own window never limits either. */
const channelWindowBytes = 16 * 1024 * 1024;
/** How long the last bytes of a session may take to leave. */
const lastBytesTimeoutMs = 1_000;

export class Line {
  readonly #channel: MuxChannel;
  readonly #listener: LineListener;
  #isOver = false;

  /** Takes ownership of the channel, and reads it from `read` on. */
  constructor(channel: MuxChannel, listener: LineListener) {
    this.#channel = channel;
    this.#listener = listener;
    channel.on('error', (error) => this.#lose(muxLost(errorText(error), error), error));
    channel.once('close', () => this.#lose(muxLost('it was closed')));
    channel.once('end', () => this.#lose(muxLost('the other side ended it')));
    channel.widen?.(channelWindowBytes);
  }

  get copiesWrites(): boolean {
    return this.#channel.copiesWrites ?? false;
  }

  /** `firstBytes`: what was read of the channel before. */
  read(firstBytes?: Buffer): void {
    const listener = this.#listener;
    if (firstBytes && firstBytes.length > 0) listener.onBytes(firstBytes);
    this.#channel.on('data', (bytes: Buffer) => {
      if (!this.#isOver) listener.onBytes(bytes);
    });
    if (this.#channel.destroyed) this.#lose(muxLost('it was closed'));
  }

  /** `onWritten`: the channel takes more. Not called once it is lost. */
  write(pieces: readonly Buffer[], onWritten: () => void): void {
    for (const piece of pieces.slice(0, -1)) this.#channel.write(piece);
    this.#channel.write(pieces.at(-1), (error) => {
      if (!error && !this.#isOver) onWritten();
    });
    this.#channel.flush?.();
  }

  /** Writes no more; what the peer writes still comes. */
  end(): void {
    this.#channel.end();
  }

  /** Ends the channel behind these bytes, and at the latest after a second. Resolves when it is closed. */
  finish(pieces: readonly Buffer[], clock: Clock): Promise<void> {
    const channel = this.#channel;
    this.#isOver = true;
    if (channel.destroyed) return Promise.resolve();
    const closed = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    channel.once('close', () => {
      closed.abort();
      resolve();
    });
    callLater(() => channel.destroy(), { clock, afterMs: lastBytesTimeoutMs, signal: closed.signal });
    for (const piece of pieces) channel.write(piece);
    channel.end(() => channel.destroy());
    channel.flush?.();
    return promise;
  }

  /** Ends the channel at once. Nothing follows. */
  drop(): void {
    this.#isOver = true;
    this.#channel.destroy();
  }

  #lose(cause: CodedError<MuxErrorCode>, forStreams: Error = cause): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#channel.destroy();
    this.#listener.onLost(cause, forStreams);
  }
}
