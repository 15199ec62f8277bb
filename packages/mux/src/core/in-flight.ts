// How many bytes may be on their way at a time, from the peer's acknowledgements. Pure: times are given.
//
// A byte that waits in the pipe delays every token behind it. So the limit follows the queue: the round trip now, less the shortest
// round trip of late. Tokens and bulk have the limit each, so that neither waits for room that the other takes.
// A round trip is long, too, where a process on the way waits for a processor. No queue is shorter then for a smaller limit: so it is never
// less than what the peer receives within the shortest round trip and the queue that is allowed.

import { DeliveryRate } from './delivery-rate.ts';

const minLimitBytes = 64 * 1024;
const maxLimitBytes = 8 * 1024 * 1024;
const firstLimitBytes = 256 * 1024;
/** The queue that is wanted: long enough to keep the pipe full. */
const targetQueueMs = 2;
const maxQueueMs = 2 * targetQueueMs;
/** After this time the shortest round trip is measured again: the way may have changed. */
const shortestTtlMs = 10_000;
const u32 = 2 ** 32;

interface SentPacket {
  /** Bytes sent up to its end. */
  end: number;
  bulkEnd: number;
}

export class InFlight {
  limitBytes = firstLimitBytes;
  /** Grows with each round trip that was measured. */
  round = 0;
  #sent = 0;
  #acked = 0;
  #bulkSent = 0;
  #bulkAcked = 0;
  readonly #packets: SentPacket[] = [];
  /** How many of `#packets` are acknowledged: they are removed in lumps. */
  #ackedPackets = 0;
  readonly #rate = new DeliveryRate();
  #shortestMs = Number.POSITIVE_INFINITY;
  #shortestAtMs = 0;
  /** The byte whose acknowledgement ends the round trip that is being measured. */
  #mark: { end: number; sentMs: number } | undefined;
  #wasLimited = false;
  #hasOvershot = false;

  get shortestRoundTripMs(): number {
    return this.#shortestMs;
  }

  get acknowledgedBytes(): number {
    return this.#acked;
  }

  /** The round trip that is being measured does not count. */
  forgetMark(): void {
    this.#mark = undefined;
  }

  /** `gathered`: bytes of tokens, or of bulk, that are packed and about to be sent. */
  hasRoomForTokens(gathered: number): boolean {
    const inFlight = this.#sent - this.#acked - (this.#bulkSent - this.#bulkAcked);
    return inFlight + gathered < this.limitBytes;
  }

  hasRoomForBulk(gathered: number): boolean {
    return this.#bulkSent - this.#bulkAcked + gathered < this.limitBytes;
  }

  /** Something waits because of the limit: only then do round trips say something about it. */
  noteLimited(): void {
    this.#wasLimited = true;
  }

  noteSent(packetBytes: number, bulkBytes: number, nowMs: number): void {
    this.#sent += packetBytes;
    this.#bulkSent += bulkBytes;
    this.#packets.push({ end: this.#sent, bulkEnd: this.#bulkSent });
    if (this.#mark) return;
    this.#mark = { end: this.#sent, sentMs: nowMs };
    this.#wasLimited = false;
  }

  /** `low`: the peer's count of received bytes, mod 2^32. False where it claims bytes that were never sent. */
  acknowledge(low: number, nowMs: number): boolean {
    let acked = this.#acked - (this.#acked % u32) + low;
    if (acked < this.#acked) acked += u32;
    if (acked > this.#sent) return false;
    this.#acked = acked;
    this.#rate.note(acked, nowMs);
    this.#forgetPackets();
    if (this.#mark && acked >= this.#mark.end) this.#endRound(nowMs - this.#mark.sentMs, nowMs);
    return true;
  }

  get #floorBytes(): number {
    const heldBytes = this.#rate.bytesPerMs * (this.#shortestMs + maxQueueMs);
    return Math.min(maxLimitBytes, Math.max(minLimitBytes, heldBytes));
  }

  #forgetPackets(): void {
    const packets = this.#packets;
    while (this.#ackedPackets < packets.length && packets[this.#ackedPackets]!.end <= this.#acked) {
      this.#bulkAcked = packets[this.#ackedPackets]!.bulkEnd;
      this.#ackedPackets += 1;
    }
    if (this.#ackedPackets === packets.length) packets.length = 0;
    else if (this.#ackedPackets > 512) packets.splice(0, this.#ackedPackets);
    else return;
    this.#ackedPackets = 0;
  }

  #endRound(tookMs: number, nowMs: number): void {
    this.#mark = undefined;
    this.round += 1;
    if (tookMs <= this.#shortestMs || nowMs - this.#shortestAtMs > shortestTtlMs) {
      this.#shortestMs = tookMs;
      this.#shortestAtMs = nowMs;
    }
    if (!this.#wasLimited) return;
    const queueMs = tookMs - this.#shortestMs;
    if (queueMs > maxQueueMs) {
      const share = Math.max(0.5, 1 - (queueMs - targetQueueMs) / (2 * tookMs));
      this.limitBytes = Math.max(this.#floorBytes, this.limitBytes * share);
      this.#hasOvershot = true;
    } else if (queueMs < targetQueueMs) {
      this.limitBytes = Math.min(maxLimitBytes, this.limitBytes * (this.#hasOvershot ? 1.25 : 2));
    }
  }
}
