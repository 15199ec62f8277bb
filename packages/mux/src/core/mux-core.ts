// One end of a mux, without a network: bytes in, events out; writes in, packets out. Opens nothing and knows no clock.

import { frameTypes, type FrameType } from '../wire/frame.ts';
import { FrameReader, type FrameSink, type Violation } from '../wire/frame-reader.ts';
import { decodeHello, encodeHello, type Hello, muxVersion } from '../wire/hello.ts';
import { maxCredit } from '../wire/max-credit.ts';
import { decodeRefusal, type MuxRefusal } from '../wire/refusal.ts';
import { type CoreStream, createCoreStream, type StreamListener } from './core-stream.ts';
import { InFlight } from './in-flight.ts';
import { type Packet, Packer } from './packer.ts';
import { SendQueues } from './send-queues.ts';
import { consumeBytes, maxGrowthBytes } from './window.ts';

/** The consumer opens streams, the front takes them. */
export type MuxRole = 'consumer' | 'front';

export interface MuxLimits {
  /** That the peer may have open at a time. */
  maxStreams: number;
  /** Bytes of a stream that are held here for a reader that reads nothing. */
  windowBytes: number;
}

export interface CoreListener {
  onHello(peer: Hello): void;
  /** The peer has opened a stream. */
  onStream(stream: CoreStream): StreamListener;
  /** The peer takes no more streams. */
  onGoaway(): void;
  /** The peer has ended the session, or takes none. Nothing follows. */
  onClose(refusal?: MuxRefusal): void;
  /** `pack` has something to give. */
  onWork(): void;
}

/** The first bytes of a stream leave with its OPEN, without waiting for a turn. */
const firstBytes = 4 * 1024;
const ackIntervalBytes = 32 * 1024;
/** Answers to a peer that reads none of them. */
const maxGatheredBytes = 4 * 1024 * 1024;
const maxStreamId = 2 ** 32 - 3;
const noBytes = Buffer.alloc(0);

export class MuxCore {
  readonly #role: MuxRole;
  readonly #limits: MuxLimits;
  readonly #listener: CoreListener;
  readonly #packer = new Packer();
  readonly #inFlight = new InFlight();
  readonly #queues = new SendQueues(this.#packer, this.#inFlight);
  readonly #reader: FrameReader;
  readonly #streams = new Map<number, CoreStream>();
  /** Those that the peer has not heard of: ids rise in the order in which streams are opened there. */
  readonly #unopened = new Set<CoreStream>();
  #peer: Hello | undefined;
  /** Of the newest stream; 0: there was none. */
  #lastId = 0;
  /** Of the frame that is being read; undefined: its bytes are dropped. */
  #current: CoreStream | undefined;
  #received = 0;
  #acknowledged = 0;
  /** By how much windows of streams that are open have grown. */
  #grownBytes = 0;
  #nowMs = 0;
  #isBlocked = false;
  #isGoing = false;

  /** `offer`: what the hello says besides the limits. */
  constructor(
    role: MuxRole,
    limits: MuxLimits,
    listener: CoreListener,
    offer: Pick<Hello, 'canResume' | 'sessionId'> = {},
  ) {
    this.#role = role;
    this.#limits = limits;
    this.#listener = listener;
    const sink: FrameSink = {
      onBegin: (type, id, length) => this.#begin(type, id, length),
      onPiece: (bytes) => this.#current?.listener.onBytes(bytes),
      onControl: (type, id, payload) => this.#control(type, id, payload),
    };
    this.#reader = new FrameReader(sink);
    const hello = encodeHello({ version: muxVersion, ...limits, ...offer });
    this.#packer.add(frameTypes.hello, 0, hello, 0, hello.length);
  }

  /** Undefined: it has not said hello. */
  get peer(): Hello | undefined {
    return this.#peer;
  }

  /** All bytes so far. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** Of all bytes that were packed, how many the peer has acknowledged. */
  get acknowledgedBytes(): number {
    return this.#inFlight.acknowledgedBytes;
  }

  get streamCount(): number {
    return this.#streams.size + this.#unopened.size;
  }

  /** The peer has said hello, and takes another stream. */
  get canOpen(): boolean {
    if (!this.#peer || this.#isGoing || this.#lastId >= maxStreamId) return false;
    return this.streamCount < this.#peer.maxStreams;
  }

  /** After a violation this end is spent. */
  receive(chunk: Buffer, nowMs: number): Violation {
    this.#nowMs = nowMs;
    this.#received += chunk.length;
    const violation = this.#reader.push(chunk);
    if (violation !== undefined) return violation;
    if (this.#received - this.#acknowledged >= ackIntervalBytes) this.#listener.onWork();
    return this.#packer.tokenBytes > maxGatheredBytes ? 'it asks for answers and reads none of them' : undefined;
  }

  /** Call it only while `canOpen`. The peer hears of the stream with its first bytes, or with its end. */
  open(listener: StreamListener): CoreStream {
    const credit = this.#peer?.windowBytes ?? 0;
    const stream = createCoreStream(0, { credit, windowBytes: this.#limits.windowBytes });
    stream.listener = listener;
    this.#unopened.add(stream);
    return stream;
  }

  /** False: some of it waits, and `onSent` follows; until then `bytes` must not change. A closed stream drops it. */
  write(stream: CoreStream, bytes: Buffer): boolean {
    if (stream.isClosed || bytes.length === 0) return true;
    const rest = stream.isOpened ? bytes : this.#openWith(stream, bytes);
    if (rest.length === 0) return true;
    this.#listener.onWork();
    if (!this.#isBlocked && this.#queues.mayPass(stream, rest.length)) {
      this.#queues.noteSent(stream, rest.length);
      this.#packer.add(frameTypes.data, stream.id, rest, 0, rest.length);
      return true;
    }
    stream.queue.push(rest);
    stream.queuedBytes += rest.length;
    this.#queues.add(stream);
    return false;
  }

  /** No more is written; what is queued leaves first. */
  end(stream: CoreStream): void {
    if (stream.isClosed || stream.localEnd !== 'open') return;
    if (!stream.isOpened) this.#openWith(stream, noBytes);
    stream.localEnd = 'wanted';
    if (stream.queuedBytes === 0) this.#sendEnd(stream);
  }

  /** Leaves the stream: the peer is told at once, what is queued is dropped, and no event follows. */
  reset(stream: CoreStream): void {
    if (stream.isClosed) return;
    if (stream.isOpened) this.#send(frameTypes.reset, stream.id);
    this.#close(stream);
  }

  /** The reader has taken so many bytes. `isIdle`: it waits for more. */
  consumed(stream: CoreStream, bytes: number, at: { nowMs: number; isIdle: boolean }): void {
    if (stream.isClosed || stream.hasPeerEnded) return;
    const before = stream.windowBytes;
    const growthBytes = maxGrowthBytes - this.#grownBytes;
    const { shortestRoundTripMs: roundTripMs } = this.#inFlight;
    const grant = consumeBytes(stream, bytes, { ...at, roundTripMs, growthBytes });
    this.#grownBytes += stream.windowBytes - before;
    if (grant === 0) return;
    this.#packer.addWord(frameTypes.window, stream.id, grant);
    this.#listener.onWork();
  }

  /** This end takes no more streams. Those that the peer opens before it hears that are still taken. */
  goAway(): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    this.#send(frameTypes.goaway, 0);
  }

  /** This end is done with all streams, and tells the peer so. */
  close(): void {
    this.#send(frameTypes.close, 0);
  }

  /** The channel is lost. How long the next acknowledgement takes says nothing of the way. */
  pause(): void {
    this.#inFlight.forgetMark();
    this.setBlocked(true);
  }

  /** While the channel takes nothing, writes wait in their streams: what is packed can no longer be reordered. */
  setBlocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    if (!isBlocked && !(this.#queues.isEmpty && this.#packer.isEmpty)) this.#listener.onWork();
  }

  /** What may leave now. Each packet is at most `muxPacketBytes` long and is not written again before it is released. */
  pack(nowMs: number): Packet[] {
    if (this.#received - this.#acknowledged >= ackIntervalBytes) {
      this.#acknowledged = this.#received;
      this.#packer.addWord(frameTypes.ack, 0, this.#received % 2 ** 32);
    }
    this.#queues.pack((stream) => this.#onEmptied(stream));
    const packets = this.#packer.take();
    for (const { bytes, bulkBytes } of packets) this.#inFlight.noteSent(bytes.length, bulkBytes, nowMs);
    return packets;
  }

  /** For packets whose bytes were copied: their memory is used again. */
  release(packets: readonly Packet[]): void {
    this.#packer.release(packets);
  }

  #openWith(stream: CoreStream, bytes: Buffer): Buffer {
    const length = Math.min(bytes.length, firstBytes, stream.credit);
    this.#lastId += this.#lastId === 0 ? 1 : 2;
    stream.id = this.#lastId;
    stream.isOpened = true;
    this.#unopened.delete(stream);
    this.#streams.set(stream.id, stream);
    this.#queues.noteSent(stream, length);
    this.#packer.add(frameTypes.open, stream.id, bytes, 0, length);
    this.#listener.onWork();
    return bytes.subarray(length);
  }

  #onEmptied(stream: CoreStream): void {
    if (stream.localEnd === 'wanted') this.#sendEnd(stream);
    stream.listener.onSent();
  }

  #sendEnd(stream: CoreStream): void {
    stream.localEnd = 'sent';
    this.#send(frameTypes.end, stream.id);
    if (stream.hasPeerEnded) this.#close(stream);
  }

  #send(type: FrameType, id: number): void {
    this.#packer.add(type, id, noBytes, 0, 0);
    this.#listener.onWork();
  }

  #close(stream: CoreStream): void {
    this.#grownBytes -= stream.windowBytes - this.#limits.windowBytes;
    stream.isClosed = true;
    stream.queue = [];
    stream.queuedBytes = 0;
    this.#unopened.delete(stream);
    this.#streams.delete(stream.id);
    if (this.#current === stream) this.#current = undefined;
  }

  #begin(type: FrameType, id: number, length: number): Violation {
    this.#current = undefined;
    if (!this.#peer) return 'it sent a stream before its hello';
    if (type === frameTypes.open) return this.#takeOpen(id, length);
    const stream = this.#streams.get(id);
    if (!stream) return this.#wasOpened(id) ? undefined : neverOpened(id);
    if (stream.hasPeerEnded) return `it wrote to stream ${id} after its end`;
    return this.#takeBytes(stream, length);
  }

  #takeOpen(id: number, length: number): Violation {
    if (this.#role === 'consumer') return 'it opened a stream, which only the consumer does';
    if (id % 2 === 0 || id <= this.#lastId) return `it opened stream ${id} after stream ${this.#lastId}`;
    this.#lastId = id;
    // One that has just ended may still be counted here.
    if (this.#streams.size >= this.#limits.maxStreams) {
      this.#send(frameTypes.reset, id);
      return undefined;
    }
    const credit = this.#peer?.windowBytes ?? 0;
    const stream = createCoreStream(id, { credit, windowBytes: this.#limits.windowBytes });
    stream.isOpened = true;
    this.#streams.set(id, stream);
    stream.listener = this.#listener.onStream(stream);
    return this.#takeBytes(stream, length);
  }

  #takeBytes(stream: CoreStream, length: number): Violation {
    stream.allowance -= length;
    if (stream.allowance < 0) return `it sent ${-stream.allowance} bytes more than it may on stream ${stream.id}`;
    if (!stream.isClosed) this.#current = stream;
    return undefined;
  }

  #control(type: FrameType, id: number, payload: Buffer): Violation {
    if (type === frameTypes.hello) return this.#takeHello(payload);
    if (type === frameTypes.refused) return this.#takeRefusal(payload);
    if (!this.#peer) return 'it sent a frame before its hello';
    if (type === frameTypes.close) {
      this.#listener.onClose();
      return undefined;
    }
    if (type === frameTypes.ack) return this.#takeAck(payload.readUInt32BE(0));
    if (type === frameTypes.goaway) {
      this.#isGoing = true;
      this.#listener.onGoaway();
      return undefined;
    }
    const stream = this.#streams.get(id);
    if (!stream) return this.#wasOpened(id) ? undefined : neverOpened(id);
    if (type === frameTypes.window) return this.#takeWindow(stream, payload.readUInt32BE(0));
    return type === frameTypes.end ? this.#takeEnd(stream) : this.#takeReset(stream);
  }

  #takeHello(payload: Buffer): Violation {
    if (this.#peer) return 'it said hello twice';
    this.#peer = decodeHello(payload);
    if (!this.#peer) return 'its hello cannot be read';
    this.#listener.onHello(this.#peer);
    return undefined;
  }

  #takeRefusal(payload: Buffer): Violation {
    if (this.#role === 'front') return 'it refused, which only the front does';
    this.#listener.onClose(decodeRefusal(payload));
    return undefined;
  }

  #takeAck(low: number): Violation {
    if (!this.#inFlight.acknowledge(low, this.#nowMs)) return 'it acknowledged bytes that were not sent';
    if (!this.#queues.isEmpty) this.#listener.onWork();
    return undefined;
  }

  #takeWindow(stream: CoreStream, bytes: number): Violation {
    stream.credit += bytes;
    if (bytes === 0 || stream.credit > maxCredit) return `it gave ${bytes} bytes of credit on stream ${stream.id}`;
    if (stream.queuedBytes === 0) return undefined;
    this.#queues.add(stream);
    this.#listener.onWork();
    return undefined;
  }

  #takeEnd(stream: CoreStream): Violation {
    if (stream.hasPeerEnded) return `it ended stream ${stream.id} twice`;
    stream.hasPeerEnded = true;
    if (stream.localEnd === 'sent') this.#close(stream);
    stream.listener.onEnd();
    return undefined;
  }

  #takeReset(stream: CoreStream): Violation {
    this.#close(stream);
    stream.listener.onReset();
    return undefined;
  }

  #wasOpened(id: number): boolean {
    return id % 2 === 1 && id <= this.#lastId;
  }
}

function neverOpened(id: number): string {
  return `it named stream ${id}, which was never opened`;
}
