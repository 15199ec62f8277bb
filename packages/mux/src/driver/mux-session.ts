// A mux over a channel: feeds the core with what arrives, and writes what it packs, once a turn of the event loop.

import type { Duplex } from 'node:stream';

import { type Clock, type CodedError, errorText, markHandled } from '@fairlead/kit';

import type { Packet } from '../core/packer.ts';
import { MuxCore, type MuxLimits, type MuxRole } from '../core/mux-core.ts';
import type { MuxErrorCode } from '../mux-error.ts';
import { frameTypes, preface } from '../wire/frame.ts';
import { muxLost } from './mux-lost.ts';
import { MuxStream } from './mux-stream.ts';

/** What an end accepts unless it is told otherwise. */
export const muxLimits: MuxLimits = { maxStreams: 4096, windowBytes: 256 * 1024 };

/** What a channel may offer besides. */
export interface MuxChannel extends Duplex {
  /** It has copied what was written when it calls back: the writer may use that memory again. */
  readonly copiesWrites?: true;
  /** Sends at once what it has gathered in this turn: the session gathers a turn itself. */
  flush?(): void;
  /** Lets the peer send so much ahead: the session reads all that comes, and its ends limit what is in flight. */
  widen?(windowBytes: number): void;
}

/** Twice what may be in flight of tokens and of bulk together, so that the channel's own window never limits either. */
const channelWindowBytes = 16 * 1024 * 1024;

export interface MuxSessionOptions {
  role: MuxRole;
  channel: MuxChannel;
  clock: Clock;
  limits?: Partial<MuxLimits>;
  /** What was read of the channel before, after the preface. */
  firstBytes?: Buffer;
  /** Owns each stream that the peer opens. */
  onStream?: (stream: Duplex) => void;
}

export class MuxSession {
  /** Resolves when the peer has said hello; rejects where the session ends before. */
  readonly ready: Promise<void>;
  /** Resolves with the cause when the session has ended, after its streams were destroyed. Never rejects. */
  readonly closed: Promise<CodedError<MuxErrorCode>>;
  readonly #channel: MuxChannel;
  readonly #clock: Clock;
  readonly #core: MuxCore;
  readonly #streams = new Set<MuxStream>();
  readonly #onStream: ((stream: Duplex) => void) | undefined;
  readonly #hello = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<CodedError<MuxErrorCode>>();
  #isScheduled = false;
  #isOver = false;
  readonly #role: MuxRole;
  #hasGreeted: boolean;
  #hasHeard = false;
  #isPlain = false;
  #isGoing = false;
  #hasWork = false;
  #isBlocked = false;

  /** Takes ownership of the channel, and sends the hello of this end. */
  constructor({ role, channel, clock, limits, onStream, firstBytes }: MuxSessionOptions) {
    this.#role = role;
    this.#channel = channel;
    this.#clock = clock;
    this.#onStream = onStream;
    this.#hasGreeted = role === 'front';
    this.ready = this.#hello.promise;
    markHandled(this.ready);
    this.closed = this.#end.promise;
    this.#core = new MuxCore(
      role,
      { ...muxLimits, ...limits },
      {
        onHello: () => this.#hello.resolve(),
        onStream: (stream) => this.#adopt(new MuxStream(this.#streamDeps, stream), true),
        onGoaway: () => this.#onGoaway(),
        onWork: () => this.#schedule(),
      },
    );
    // Streams get the error that channels get.
    channel.on('error', (error) => this.#fail(muxLost(errorText(error), error), error));
    channel.once('close', () => this.#fail(muxLost('it was closed')));
    channel.once('end', () => this.#fail(muxLost('the other side ended it')));
    channel.widen?.(channelWindowBytes);
    this.#pump();
    if (firstBytes && firstBytes.length > 0) this.#receive(firstBytes);
    channel.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  /** Whether the peer has answered as a front that knows no mux does. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  /** Whether `open` gives a stream: the peer has said hello, is not going away, and has room for one. */
  get canOpen(): boolean {
    return !this.#isOver && this.#core.canOpen;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** A new stream, which the caller owns. Call it only while `canOpen`. The peer hears of it with its first bytes. */
  open(): Duplex {
    return this.#adopt(new MuxStream(this.#streamDeps), false);
  }

  /** Takes no more streams; the running ones go on. */
  goAway(): void {
    if (!this.#isOver) this.#core.goAway();
  }

  /** Ends the channel and all streams at once. Idempotent; the first cause counts. */
  destroy(cause: Error = muxLost('it was closed here')): void {
    this.#fail(muxLost(errorText(cause), cause), cause);
  }

  get #streamDeps() {
    return { core: this.#core, monotonicMs: () => this.#clock.monotonicMs() };
  }

  #adopt(stream: MuxStream, isPeers: boolean): MuxStream {
    this.#streams.add(stream);
    stream.once('close', () => this.#forget(stream));
    // One that came in the chunk in which the session was ended.
    if (this.#isOver) stream.destroy();
    else if (isPeers) this.#onStream?.(stream);
    return stream;
  }

  #forget(stream: MuxStream): void {
    this.#streams.delete(stream);
    this.#leaveWhenDone();
  }

  #onGoaway(): void {
    this.#isGoing = true;
    this.#leaveWhenDone();
  }

  /** The consumer ends a channel that gets no more streams, behind its last frames. */
  #leaveWhenDone(): void {
    if (this.#isGoing && this.#role === 'consumer' && this.#streams.size === 0) this.#schedule();
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return;
    if (!this.#hasHeard && this.#role === 'consumer') this.#isPlain = chunk[0] !== frameTypes.hello;
    this.#hasHeard = true;
    if (this.#isPlain) return this.#fail(muxLost('the front takes one request a channel'));
    const violation = this.#core.receive(chunk, this.#clock.monotonicMs());
    if (violation !== undefined) this.#fail(muxLost(`the other side broke the protocol: ${violation}`));
  }

  #schedule(): void {
    this.#hasWork = true;
    if (this.#isScheduled || this.#isOver || this.#isBlocked) return;
    this.#isScheduled = true;
    setImmediate(() => this.#pump());
  }

  /** What the core calls for while it packs is in this turn's packets already. */
  #pump(): void {
    this.#isScheduled = true;
    this.#hasWork = false;
    const packets = this.#isOver ? [] : this.#core.pack(this.#clock.monotonicMs());
    this.#isScheduled = false;
    if (packets.length > 0) this.#write(packets);
    if (this.#isGoing && this.#role === 'consumer' && this.#streams.size === 0) this.#channel.end();
  }

  #write(packets: readonly Packet[]): void {
    this.#isBlocked = true;
    this.#core.setBlocked(true);
    for (const packet of packets.slice(0, -1)) this.#channel.write(this.#greet(packet.bytes));
    this.#channel.write(this.#greet(packets.at(-1)!.bytes), () => this.#onWritten(packets));
    this.#channel.flush?.();
  }

  #greet(bytes: Buffer): Buffer {
    const whole = this.#hasGreeted ? bytes : Buffer.concat([preface, bytes]);
    this.#hasGreeted = true;
    return whole;
  }

  #onWritten(packets: readonly Packet[]): void {
    this.#isBlocked = false;
    if (this.#isOver) return;
    if (this.#channel.copiesWrites) this.#core.release(packets);
    this.#core.setBlocked(false);
    if (this.#hasWork) this.#schedule();
  }

  #fail(cause: CodedError<MuxErrorCode>, forStreams: Error = cause): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hello.reject(cause);
    for (const stream of this.#streams) stream.destroy(forStreams);
    this.#channel.destroy();
    this.#end.resolve(cause);
  }
}
