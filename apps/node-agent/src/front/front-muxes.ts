// The channels of the front that carry a mux. Each of their streams is a connection of the front, judged as any other. A session whose
// channel is lost waits for its consumer to come back on another one.

import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type Clock, detach, type Log, type Secret, untilOver } from '@fairlead/kit';
import {
  isProven,
  MuxSession,
  receiveConsumer,
  refuseMux,
  refuseResume,
  type ResumeRequest,
  sessionIdBytes,
} from '@fairlead/mux';
import { pickGivenUp, type WaitLimits } from './pick-given-up.ts';

export interface FrontMuxesDeps {
  clock: Clock;
  log: Log;
  limits: WaitLimits & {
    muxes: number;
    /** That one session has open at a time. */
    muxStreams: number;
  };
  /** The endpoint's key: who goes on with a session proves that he knows it. */
  apiKey: Secret;
  /** Owns each stream. */
  onStream: (stream: Duplex) => void;
}

interface Held {
  session: MuxSession;
  /** When its channel was lost, while it waits. */
  lostAtMs: number | undefined;
}

const checkIntervalMs = 500;

export class FrontMuxes {
  readonly #deps: FrontMuxesDeps;
  /** By their ids; the oldest first. */
  readonly #held = new Map<string, Held>();
  readonly #stop = new AbortController();
  #checking: Promise<void> | undefined;
  #isGoing = false;

  constructor(deps: FrontMuxesDeps) {
    this.#deps = deps;
  }

  /**
   * Takes ownership of the channel. `firstBytes`: what came after the preface. Beyond the limit a session without streams ends, or the one
   * that has waited longest for its consumer; where there is none the new one is refused: its consumer goes on with a channel for each request.
   */
  serve(channel: Duplex, firstBytes: Buffer): void {
    const { clock } = this.#deps;
    receiveConsumer(
      channel,
      { firstBytes, clock, signal: this.#stop.signal },
      {
        onNew: (bytes) => this.#open(channel, bytes),
        onResume: (request, rest) => this.#resume(channel, request, rest),
      },
    );
  }

  /** Consumers open no more streams; what they have opened before they hear that is judged as any connection. */
  goAway(): void {
    this.#isGoing = true;
    for (const { session } of this.#held.values()) session.goAway();
  }

  /** Ends all sessions, and those channels that have not said yet what they are. Consumers may come again. */
  cutAll(): void {
    for (const { session } of this.#held.values()) session.destroy();
  }

  /** As `cutAll`; what comes later is ended at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.cutAll();
    await this.#checking;
  }

  #open(channel: Duplex, firstBytes: Buffer): void {
    const { clock, onStream, apiKey, limits } = this.#deps;
    if (this.#held.size >= limits.muxes && !this.#makeRoom()) return refuseMux(channel, 'full', clock);
    const sessionId = randomBytes(sessionIdBytes);
    const name = sessionId.toString('base64');
    const session = new MuxSession({
      role: 'front',
      channel,
      clock,
      firstBytes,
      onStream,
      limits: { maxStreams: limits.muxStreams },
      resumption: { key: apiKey.reveal(), sessionId, onLost: () => this.#onLost(name) },
    });
    this.#held.set(name, { session, lostAtMs: undefined });
    detach(session.closed.then(() => this.#held.delete(name)));
    if (session.isWaiting) this.#onLost(name);
    if (this.#isGoing) session.goAway();
  }

  /** A stranger with a guessed id hears what one hears whose session is over. */
  #resume(channel: Duplex, request: ResumeRequest, rest: Buffer): void {
    const { clock, apiKey, log } = this.#deps;
    const held = this.#held.get(request.sessionId.toString('base64'));
    const known = held && isProven(request, apiKey.reveal()) ? held : undefined;
    const refusal = known ? known.session.takeOver(channel, request, rest) : 'unknown';
    const outageMs = known?.lostAtMs === undefined ? 0 : clock.monotonicMs() - known.lostAtMs;
    if (refusal) refuseResume(channel, refusal, clock);
    else if (known && !known.session.isWaiting) known.lostAtMs = undefined;
    const ok = refusal === undefined;
    log.debug({ op: 'front.resume', ok, ...(ok ? { durationMs: Math.round(outageMs) } : { reason: refusal }) });
  }

  #onLost(name: string): void {
    const held = this.#held.get(name);
    if (!held) return;
    held.lostAtMs = this.#deps.clock.monotonicMs();
    this.#giveUp();
    this.#checking ??= this.#check();
  }

  #makeRoom(): boolean {
    const all = [...this.#held];
    const waiting = all.filter(([, { lostAtMs }]) => lostAtMs !== undefined);
    const longest = waiting.toSorted(([, a], [, b]) => a.lostAtMs! - b.lostAtMs!);
    const found = all.find(([, { session }]) => session.streamCount === 0) ?? longest[0];
    if (!found) return false;
    const [name, { session }] = found;
    this.#held.delete(name);
    session.destroy();
    return true;
  }

  /** Ends when no session waits: an idle agent has no timer for it. */
  async #check(): Promise<void> {
    const { signal } = this.#stop;
    const isWaiting = () => this.#held.values().some(({ lostAtMs }) => lostAtMs !== undefined);
    while (!signal.aborted && isWaiting()) {
      await untilOver(this.#deps.clock.sleep(checkIntervalMs, signal), signal);
      this.#giveUp();
    }
    this.#checking = undefined;
  }

  #giveUp(): void {
    const { clock, limits, log } = this.#deps;
    const waiting = this.#held.values().flatMap(({ session, lostAtMs }) => {
      return lostAtMs === undefined ? [] : [{ session, sinceMs: lostAtMs, heldBytes: session.heldBytes }];
    });
    for (const { session, heldBytes } of pickGivenUp(waiting.toArray(), limits, clock.monotonicMs())) {
      log.debug({ op: 'front.resume', ok: false, reason: 'gave up', heldBytes, streams: session.streamCount });
      session.giveUp();
    }
  }
}
