// A mux over a channel: feeds the core with what arrives, and writes what it packs, once a turn of the event loop. Where both sides can, it
// outlives the channel: it waits for another one, and goes on where each side has heard the other.

import type { Duplex } from 'node:stream';

import { type Clock, type CodedError, errorText, markHandled } from '@fairlead/kit';

import { KeptPackets } from '../core/kept-packets.ts';
import type { Packet } from '../core/packer.ts';
import { MuxCore, type MuxLimits, type MuxRole } from '../core/mux-core.ts';
import type { MuxErrorCode } from '../mux-error.ts';
import { frameTypes, preface } from '../wire/frame.ts';
import { type MuxRefusal, refusalText } from '../wire/refusal.ts';
import { encodeResume, encodeResumed, type ResumeRequest } from '../wire/resume.ts';
import { askToResume, type FinalAnswer } from './ask-to-resume.ts';
import { Line, type MuxChannel } from './line.ts';
import { muxLost } from './mux-lost.ts';
import { MuxStream } from './mux-stream.ts';

/** What an end accepts unless it is told otherwise. */
export const muxLimits: MuxLimits = { maxStreams: 4096, windowBytes: 256 * 1024 };

export interface Resumption {
  /** The endpoint's, which both sides know. */
  key: string;
  /** Of a front: what the consumer names the session by: random bytes, so that no other can. */
  sessionId?: Buffer;
  /** The channel is lost, and the session waits for another one until its owner ends it. */
  onLost: (cause: Error, session: MuxSession) => void;
}

export interface MuxSessionOptions {
  role: MuxRole;
  channel: MuxChannel;
  clock: Clock;
  limits?: Partial<MuxLimits>;
  /** What was read of the channel before, after the preface. */
  firstBytes?: Buffer;
  /** Owns each stream that the peer opens. */
  onStream?: (stream: Duplex) => void;
  /** Absent: the session ends with its channel. */
  resumption?: Resumption;
}

/** `over`: the session has ended. `lost`: another channel may do. */
export type ResumeOutcome = 'resumed' | 'over' | 'lost';

interface Loss {
  cause: CodedError<MuxErrorCode>;
  forStreams: Error;
}

export class MuxSession {
  /** Resolves when the peer has said hello; rejects where the session ends before. */
  readonly ready: Promise<void>;
  /** Resolves with the cause when the session has ended, after its streams were destroyed. Never rejects. */
  readonly closed: Promise<CodedError<MuxErrorCode>>;
  readonly #clock: Clock;
  readonly #core: MuxCore;
  readonly #streams = new Set<MuxStream>();
  readonly #onStream: ((stream: Duplex) => void) | undefined;
  readonly #resumption: Resumption | undefined;
  readonly #hello = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<CodedError<MuxErrorCode>>();
  readonly #role: MuxRole;
  /** Undefined while it waits for another channel. */
  #line: Line | undefined;
  #loss: Loss | undefined;
  /** Absent where the session ends with its channel. */
  #kept: KeptPackets | undefined;
  /** Of the last channel that was asked for, or given, to go on. */
  #attempt = 0;
  #refusal: MuxRefusal | undefined;
  #goodbye: Promise<void> | undefined;
  #isScheduled = false;
  #isOver = false;
  #hasGreeted: boolean;
  #hasHeard = false;
  #isPlain = false;
  #isGoing = false;
  #hasWork = false;
  #isBlocked = false;

  /** Takes ownership of the channel, and sends the hello of this end. */
  constructor({ role, channel, clock, limits, onStream, firstBytes, resumption }: MuxSessionOptions) {
    this.#role = role;
    this.#clock = clock;
    this.#onStream = onStream;
    this.#resumption = resumption;
    this.#kept = resumption && new KeptPackets();
    this.#hasGreeted = role === 'front';
    this.ready = this.#hello.promise;
    markHandled(this.ready);
    this.closed = this.#end.promise;
    const sessionId = resumption?.sessionId;
    this.#core = new MuxCore(
      role,
      { ...muxLimits, ...limits },
      {
        onHello: () => this.#onHello(),
        onStream: (stream) => this.#adopt(new MuxStream(this.#streamDeps, stream), true),
        onGoaway: () => this.#onGoaway(),
        onClose: (refusal) => this.#onClose(refusal),
        onWork: () => this.#schedule(),
      },
      { canResume: resumption !== undefined, ...(sessionId && { sessionId }) },
    );
    const line = this.#takeLine(channel);
    this.#pump();
    line.read(firstBytes);
  }

  /** Whether the peer has answered as a front that knows no mux does. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  /** Whether `open` gives a stream: the peer has said hello, is not going away, and has room for one. */
  get canOpen(): boolean {
    return !this.#isOver && this.#line !== undefined && this.#core.canOpen;
  }

  /** Why the front takes no mux, or does not go on with this one. */
  get refusal(): MuxRefusal | undefined {
    return this.#refusal;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Its channel is lost, and it waits for another one. */
  get isWaiting(): boolean {
    return !this.#isOver && this.#line === undefined;
  }

  /** What is held here for the peer. */
  get heldBytes(): number {
    let bytes = this.#kept?.bytes ?? 0;
    for (const { writableLength } of this.#streams) bytes += writableLength;
    return bytes;
  }

  /** A new stream, which the caller owns. Call it only while `canOpen`. The peer hears of it with its first bytes. */
  open(): Duplex {
    return this.#adopt(new MuxStream(this.#streamDeps), false);
  }

  /** Takes no more streams; the running ones go on. */
  goAway(): void {
    if (!this.#isOver) this.#core.goAway();
  }

  /**
   * The consumer goes on over this channel, which the session owns. Only one call at a time, and only while `isWaiting`. Rejects with the
   * signal's reason only.
   */
  async resume(channel: MuxChannel, signal?: AbortSignal): Promise<ResumeOutcome> {
    const { sessionId } = this.#core.peer ?? {};
    if (!this.#resumption || !sessionId || !this.isWaiting) {
      channel.destroy();
      return this.#isOver ? 'over' : 'lost';
    }
    this.#attempt += 1;
    const heard = this.#core.receivedBytes;
    const request = encodeResume({ sessionId, attempt: this.#attempt, heard }, this.#resumption.key);
    let outcome: ResumeOutcome = 'lost';
    await askToResume(channel, { request, clock: this.#clock, signal }, (answer) => {
      outcome = this.#takeAnswer(channel, answer);
    });
    return outcome;
  }

  /** The front goes on over this channel, which the session owns where this returns undefined. `rest`: what came behind the request. */
  takeOver(channel: MuxChannel, { attempt, heard }: ResumeRequest, rest: Buffer): MuxRefusal | undefined {
    if (this.#isOver || !this.#mayOutlive) return 'unknown';
    if (attempt <= this.#attempt) return 'stale';
    const again = this.#kept?.from(heard);
    if (!again) return 'position';
    this.#attempt = attempt;
    // The consumer has left it: this side has not heard of that yet.
    this.#line?.drop();
    this.#goOn(channel, { heard, first: [encodeResumed(this.#core.receivedBytes), ...again], rest });
    return undefined;
  }

  /** Ends a session that waits: its streams have the error of the channel that was lost. */
  giveUp(): void {
    if (this.#loss) this.#fail(this.#loss.cause, this.#loss.forStreams);
  }

  /** Ends all streams at once, and the channel behind a last word. Idempotent; the first cause counts. */
  destroy(cause: Error = muxLost('it was closed here')): void {
    this.#fail(muxLost(errorText(cause), cause), cause);
  }

  /** Resolves when the peer has been told that the session is over, or that took too long. */
  get gone(): Promise<void> {
    return this.closed.then(() => this.#goodbye);
  }

  get #streamDeps() {
    return { core: this.#core, monotonicMs: () => this.#clock.monotonicMs() };
  }

  /** Whether both sides go on after a loss. A front that has not read all of the hello cannot know: its consumer may have an id already. */
  get #mayOutlive(): boolean {
    if (!this.#resumption) return false;
    const { peer } = this.#core;
    if (this.#role === 'consumer') return peer?.sessionId !== undefined;
    return peer === undefined || peer.canResume === true;
  }

  #takeLine(channel: MuxChannel): Line {
    this.#line = new Line(channel, {
      onBytes: (bytes) => this.#receive(bytes),
      onLost: (cause, forStreams) => this.#onLineLost({ cause, forStreams }),
    });
    return this.#line;
  }

  #onLineLost(loss: Loss): void {
    if (!this.#mayOutlive) return this.#fail(loss.cause, loss.forStreams);
    this.#line = undefined;
    this.#loss = loss;
    this.#isBlocked = true;
    this.#core.pause();
    this.#resumption?.onLost(loss.forStreams, this);
  }

  #takeAnswer(channel: MuxChannel, answer: FinalAnswer): ResumeOutcome {
    if (this.#isOver) {
      channel.destroy();
      return 'over';
    }
    if (answer.kind === 'lost') return 'lost';
    if (answer.kind === 'refused') this.#refusal = answer.refusal;
    const again = answer.kind === 'resumed' ? this.#kept?.from(answer.heard) : undefined;
    if (answer.kind !== 'resumed' || !again) {
      channel.destroy();
      this.giveUp();
      return 'over';
    }
    this.#goOn(channel, { heard: answer.heard, first: again, rest: answer.rest });
    return 'resumed';
  }

  #goOn(channel: MuxChannel, { heard, first, rest }: { heard: number; first: readonly Buffer[]; rest: Buffer }): void {
    this.#forget(heard);
    const line = this.#takeLine(channel);
    this.#loss = undefined;
    this.#isBlocked = true;
    this.#core.setBlocked(true);
    if (first.length > 0) line.write(first, () => this.#unblock());
    else this.#unblock();
    line.read(rest);
  }

  #onHello(): void {
    if (!this.#mayOutlive) this.#kept = undefined;
    this.#hello.resolve();
  }

  #onClose(refusal: MuxRefusal | undefined): void {
    this.#refusal = refusal;
    this.#line?.drop();
    this.#fail(muxLost(refusal ? refusalText(refusal) : 'the other side ended it'));
  }

  #adopt(stream: MuxStream, isPeers: boolean): MuxStream {
    this.#streams.add(stream);
    stream.once('close', () => this.#forgetStream(stream));
    // One that came in the chunk in which the session was ended.
    if (this.#isOver) stream.destroy();
    else if (isPeers) this.#onStream?.(stream);
    return stream;
  }

  #forgetStream(stream: MuxStream): void {
    this.#streams.delete(stream);
    this.#leaveWhenDone();
  }

  #onGoaway(): void {
    this.#isGoing = true;
    this.#leaveWhenDone();
  }

  /** The consumer ends a channel that gets no more streams, behind its last frames. */
  #leaveWhenDone(): void {
    if (this.#isDone) this.#schedule();
  }

  get #isDone(): boolean {
    return this.#isGoing && this.#role === 'consumer' && this.#streams.size === 0;
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return;
    if (!this.#hasHeard && this.#role === 'consumer') this.#isPlain = !isFirstByte(chunk[0]);
    this.#hasHeard = true;
    if (this.#isPlain) return this.#fail(muxLost('the front takes one request a channel'));
    const violation = this.#core.receive(chunk, this.#clock.monotonicMs());
    if (violation !== undefined) return this.#fail(muxLost(`the other side broke the protocol: ${violation}`));
    this.#forget(this.#core.acknowledgedBytes);
  }

  /** The peer has all bytes before this position: their memory is used again. */
  #forget(position: number): void {
    if (this.#kept) this.#core.release(this.#kept.forget(position));
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
    const line = this.#isOver ? undefined : this.#line;
    const packets = line && !this.#isBlocked ? this.#core.pack(this.#clock.monotonicMs()) : [];
    this.#isScheduled = false;
    if (line && packets.length > 0) this.#write(line, packets);
    if (line && this.#isDone) this.#leave(line);
  }

  #leave(line: Line): void {
    if (this.#mayOutlive) this.#fail(muxLost('all its requests are over, and the front takes no more'));
    else line.end();
  }

  #write(line: Line, packets: readonly Packet[]): void {
    this.#isBlocked = true;
    this.#core.setBlocked(true);
    this.#kept?.add(packets);
    const pieces = packets.map(({ bytes }) => bytes);
    line.write(this.#greet(pieces), () => {
      if (!this.#kept && line.copiesWrites) this.#core.release(packets);
      this.#unblock();
    });
  }

  #greet(pieces: Buffer[]): Buffer[] {
    if (this.#hasGreeted) return pieces;
    this.#hasGreeted = true;
    return [Buffer.concat([preface, pieces[0]!]), ...pieces.slice(1)];
  }

  #unblock(): void {
    this.#isBlocked = false;
    if (this.#isOver) return;
    this.#core.setBlocked(false);
    if (this.#hasWork) this.#schedule();
  }

  #fail(cause: CodedError<MuxErrorCode>, forStreams: Error = cause): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hello.reject(cause);
    for (const stream of this.#streams) stream.destroy(forStreams);
    if (this.#line && this.#mayOutlive && this.#core.peer) this.#goodbye = this.#sayGoodbye(this.#line);
    else this.#line?.drop();
    this.#end.resolve(cause);
  }

  /** Else the peer keeps the session for a while. */
  #sayGoodbye(line: Line): Promise<void> {
    this.#core.close();
    const last = this.#core.pack(this.#clock.monotonicMs()).map(({ bytes }) => bytes);
    return line.finish(this.#greet(last), this.#clock);
  }
}

/** A front that knows no mux answers in HTTP. */
function isFirstByte(byte: number | undefined): boolean {
  return byte === frameTypes.hello;
}
