// Two ends of a mux and the bytes between them, which arrive in pieces when the test says so. Streams keep what they got.

import type { CoreStream, StreamListener } from '../core/core-stream.ts';
import { KeptPackets } from '../core/kept-packets.ts';
import { MuxCore, type MuxLimits } from '../core/mux-core.ts';
import type { Violation } from '../wire/frame-reader.ts';

/** One end of one stream, and all that happened there. */
export class StreamEnd implements StreamListener {
  stream: CoreStream | undefined;
  /** Written here so far. */
  written = Buffer.alloc(0);
  got: Buffer[] = [];
  /** Received and not read by the test's reader. */
  unreadBytes = 0;
  hasEnded = false;
  wasReset = false;
  isBusy = false;
  onBytes(bytes: Buffer): void {
    this.got.push(Buffer.from(bytes));
    this.unreadBytes += bytes.length;
  }

  onEnd(): void {
    this.hasEnded = true;
  }

  onReset(): void {
    this.wasReset = true;
  }

  onSent(): void {
    this.isBusy = false;
  }

  get received(): Buffer {
    return Buffer.concat(this.got);
  }
}

export class CoreEnd {
  readonly core: MuxCore;
  /** On their way to the other end. */
  pipe = Buffer.alloc(0);
  readonly ends: StreamEnd[] = [];
  readonly kept = new KeptPackets();
  violation: Violation;
  hasWork = false;

  constructor(role: 'consumer' | 'front', limits: MuxLimits) {
    this.core = new MuxCore(role, limits, {
      onHello: () => undefined,
      onStream: (stream) => this.#take(stream),
      onGoaway: () => undefined,
      onClose: () => undefined,
      onWork: () => (this.hasWork = true),
    });
  }

  open(): StreamEnd {
    const end = new StreamEnd();
    end.stream = this.core.open(end);
    this.ends.push(end);
    return end;
  }

  write(end: StreamEnd, bytes: Buffer): void {
    end.written = Buffer.concat([end.written, bytes]);
    end.isBusy = !this.core.write(end.stream!, bytes);
  }

  /** The reader takes up to so many bytes. */
  read(end: StreamEnd, bytes: number, nowMs: number): void {
    const taken = Math.min(bytes, end.unreadBytes);
    end.unreadBytes -= taken;
    if (taken > 0) this.core.consumed(end.stream!, taken, { nowMs, isIdle: end.unreadBytes === 0 });
  }

  pack(nowMs: number): void {
    this.hasWork = false;
    const packets = this.core.pack(nowMs);
    this.kept.add(packets);
    this.pipe = Buffer.concat([this.pipe, ...packets.map(({ bytes }) => bytes)]);
  }

  receive(bytes: Buffer, nowMs: number): void {
    this.violation ??= this.core.receive(bytes, nowMs);
    this.core.release(this.kept.forget(this.core.acknowledgedBytes));
  }

  /** What is on its way is lost; all that the other end has not heard is sent again. */
  goOn(heard: number): void {
    this.core.release(this.kept.forget(heard));
    this.pipe = Buffer.concat(this.kept.from(heard) ?? []);
  }

  #take(stream: CoreStream): StreamEnd {
    const end = new StreamEnd();
    end.stream = stream;
    this.ends.push(end);
    return end;
  }
}

export class CorePair {
  readonly consumer: CoreEnd;
  readonly front: CoreEnd;
  nowMs = 0;

  constructor(limits: { consumer: MuxLimits; front: MuxLimits }) {
    this.consumer = new CoreEnd('consumer', limits.consumer);
    this.front = new CoreEnd('front', limits.front);
  }

  /** The next bytes of `from` arrive, at most so many. */
  carry(from: CoreEnd, bytes: number): void {
    const to = from === this.consumer ? this.front : this.consumer;
    const piece = from.pipe.subarray(0, bytes);
    from.pipe = from.pipe.subarray(piece.length);
    if (piece.length > 0) to.receive(Buffer.from(piece), this.nowMs);
  }

  /** The channel is lost, and both ends go on over the next one. */
  cut(): void {
    for (const end of [this.consumer, this.front]) end.core.pause();
    this.consumer.goOn(this.front.core.receivedBytes);
    this.front.goOn(this.consumer.core.receivedBytes);
    for (const end of [this.consumer, this.front]) end.core.setBlocked(false);
  }

  /** Everything that can move does. With `reads`, readers read all that comes. */
  settle({ reads = true }: { reads?: boolean } = {}): void {
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const side of [this.consumer, this.front]) {
        this.nowMs += 1;
        if (reads) for (const end of side.ends) side.read(end, Infinity, this.nowMs);
        side.pack(this.nowMs);
        isMoving ||= side.pipe.length > 0;
        this.carry(side, Infinity);
      }
    }
  }

  get violations(): Violation[] {
    return [this.consumer.violation, this.front.violation].filter((violation) => violation !== undefined);
  }
}
