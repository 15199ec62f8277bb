// Channels in this process that are lost after an exact number of bytes, and a front behind them that keeps its sessions.

import { type Duplex, duplexPair } from 'node:stream';

import { systemClock } from '@fairlead/kit';

import type { MuxLimits } from '../core/mux-core.ts';
import { dialMux } from '../driver/dial-mux.ts';
import type { MuxSession, ResumeOutcome } from '../driver/mux-session.ts';
import { FrontStandIn } from './front-stand-in.ts';

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
  readonly #channels = new Set<Duplex>();
  readonly #front: FrontStandIn;
  readonly #limits: Partial<MuxLimits>;

  constructor(onStream: (stream: Duplex) => void, limits: Partial<MuxLimits> = {}) {
    this.#front = new FrontStandIn({ key: testKey, onStream, limits });
    this.#limits = limits;
  }

  get sessions(): ReadonlyMap<string, MuxSession> {
    return this.#front.sessions;
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
    this.#front.accept(far);
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
    this.#front[Symbol.dispose]();
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
}
