// A front that keeps its sessions, for tests of consumers: each stream of a mux, and each channel without one, goes to the same listener.

import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';

import { systemClock } from '@fairlead/kit';

import type { MuxLimits } from '../core/mux-core.ts';
import { MuxSession } from '../driver/mux-session.ts';
import { receiveConsumer, refuseResume } from '../driver/receive-consumer.ts';
import { preface } from '../wire/frame.ts';
import { sessionIdBytes } from '../wire/hello.ts';
import { isProven } from '../wire/resume.ts';
import { sniffPreface } from '../wire/sniff-preface.ts';

export interface FrontStandInOptions {
  /** Of the endpoint. */
  key: string;
  onStream: (stream: Duplex) => void;
  /** One without a mux; absent: it is no test of these. */
  onPlain?: (channel: Duplex) => void;
  limits?: Partial<MuxLimits>;
}

export class FrontStandIn implements Disposable {
  /** By their ids. */
  readonly sessions = new Map<string, MuxSession>();
  readonly #options: FrontStandInOptions;
  readonly #stop = new AbortController();

  constructor(options: FrontStandInOptions) {
    this.#options = options;
  }

  /** Takes ownership of the channel. Its first piece is large enough to tell what it is. */
  accept(channel: Duplex): void {
    channel.on('error', () => undefined);
    channel.once('data', (bytes: Buffer) => {
      if (sniffPreface(bytes) === 'mux') return this.#receive(channel, bytes.subarray(preface.length));
      channel.unshift(bytes);
      this.#options.onPlain?.(channel);
      channel.resume();
    });
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const session of this.sessions.values()) session.destroy();
  }

  #receive(channel: Duplex, firstBytes: Buffer): void {
    const { key } = this.#options;
    const listener = {
      onNew: (bytes: Buffer) => this.#begin(channel, bytes),
      onResume: (...[request, rest]: Parameters<Parameters<typeof receiveConsumer>[2]['onResume']>) => {
        const session = this.sessions.get(request.sessionId.toString('hex'));
        const refusal = session && isProven(request, key) ? session.takeOver(channel, request, rest) : 'unknown';
        if (refusal) refuseResume(channel, refusal, systemClock);
      },
    };
    receiveConsumer(channel, { firstBytes, clock: systemClock, signal: this.#stop.signal }, listener);
  }

  #begin(channel: Duplex, firstBytes: Buffer): void {
    const { key, onStream, limits = {} } = this.#options;
    const sessionId = randomBytes(sessionIdBytes);
    const resumption = { key, sessionId, onLost: () => undefined };
    const options = { role: 'front', channel, clock: systemClock, firstBytes, onStream, limits, resumption } as const;
    this.sessions.set(sessionId.toString('hex'), new MuxSession(options));
  }
}
