// Channels in this process that are lost after an exact number of bytes, and a front behind them that keeps its sessions.

import { randomBytes } from 'node:crypto';
import { type Duplex, duplexPair } from 'node:stream';

import { systemClock } from '@fairlead/kit';

import type { MuxLimits } from '../core/mux-core.ts';
import { dialMux } from '../driver/dial-mux.ts';
import { MuxSession, type ResumeOutcome } from '../driver/mux-session.ts';
import { receiveConsumer, refuseResume } from '../driver/receive-consumer.ts';
import { preface } from '../wire/frame.ts';
import { sessionIdBytes } from '../wire/hello.ts';
import { isProven } from '../wire/resume.ts';

export interface Cut {
  towards: 'front' | 'consumer';
  /** That still pass; the next one is lost with the channel. */
  bytes: number;
}

export const testKey = 'key of the endpoint';

export class CutNetwork {
  /** Bytes that have passed, of all channels. */
  readonly passed = { front: 0, consumer: 0 };
  /** The next losses: the first one counts until it has happened. */
  cuts: Cut[] = [];
  losses = 0;
  readonly #stop = new AbortController();
  readonly #channels = new Set<Duplex>();
  readonly sessions = new Map<string, MuxSession>();
  readonly #onStream: (stream: Duplex) => void;
  readonly #limits: Partial<MuxLimits>;

  constructor(onStream: (stream: Duplex) => void, limits: Partial<MuxLimits> = {}) {
    this.#onStream = onStream;
    this.#limits = limits;
  }

  /** The consumer's end of a new channel to the front. */
  open(): Duplex {
    const [near, far] = duplexPair();
    const lose = () => {
      this.losses += 1;
      near.destroy();
      far.destroy();
    };
    for (const [end, other, towards] of [
      [near, far, 'front'],
      [far, near, 'consumer'],
    ] as const) {
      this.#channels.add(end);
      end.on('error', () => undefined);
      end.once('close', () => {
        this.#channels.delete(end);
        setImmediate(() => other.destroy());
      });
      this.#count(end, towards, lose);
    }
    far.once('data', (bytes: Buffer) => this.#receive(far, bytes.subarray(preface.length)));
    return near;
  }

  drop(): void {
    for (const channel of this.#channels) channel.destroy();
  }

  /** A session that goes on by itself after each loss, until the front refuses. */
  async dial(onOutcome: (outcome: ResumeOutcome) => void = () => undefined): Promise<MuxSession> {
    const resumption = {
      key: testKey,
      onLost: async (_cause: Error, session: MuxSession) => {
        while (session.isWaiting) onOutcome(await session.resume(this.open()));
      },
    };
    for (;;) {
      const dialled = await dialMux(this.open(), { clock: systemClock, resumption, limits: this.#limits });
      if (dialled.ok) return dialled.session;
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const session of this.sessions.values()) session.destroy();
    this.drop();
  }

  #count(end: Duplex, towards: Cut['towards'], lose: () => void): void {
    const write = end._write.bind(end);
    let isLost = false;
    end._write = (chunk: Buffer, encoding, done) => {
      const [cut] = this.cuts;
      const isCut = cut?.towards === towards && cut.bytes < chunk.length;
      const passing = isLost ? 0 : isCut ? cut.bytes : chunk.length;
      this.passed[towards] += passing;
      if (cut?.towards === towards) cut.bytes -= passing;
      if (isCut && !isLost) {
        isLost = true;
        this.cuts.shift();
        setImmediate(lose);
      }
      // A copy: the writer may use its memory again.
      if (passing > 0) write(Buffer.from(chunk.subarray(0, passing)), encoding, done);
      else done();
    };
  }

  #receive(channel: Duplex, firstBytes: Buffer): void {
    const listener = {
      onNew: (bytes: Buffer) => this.#begin(channel, bytes),
      onResume: (...[request, rest]: Parameters<Parameters<typeof receiveConsumer>[2]['onResume']>) => {
        const session = this.sessions.get(request.sessionId.toString('hex'));
        const isKnown = session && isProven(request, testKey);
        const refusal = isKnown ? session.takeOver(channel, request, rest) : 'unknown';
        if (refusal) refuseResume(channel, refusal, systemClock);
      },
    };
    receiveConsumer(channel, { firstBytes, clock: systemClock, signal: this.#stop.signal }, listener);
  }

  #begin(channel: Duplex, firstBytes: Buffer): void {
    const sessionId = randomBytes(sessionIdBytes);
    const session = new MuxSession({
      role: 'front',
      channel,
      clock: systemClock,
      firstBytes,
      onStream: this.#onStream,
      limits: this.#limits,
      resumption: { key: testKey, sessionId, onLost: () => undefined },
    });
    this.sessions.set(sessionId.toString('hex'), session);
  }
}
