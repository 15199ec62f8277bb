// The channels of the front that carry a mux. Each of their streams is a connection of the front, judged as any other.

import type { Duplex } from 'node:stream';
import { type Clock, detach } from '@fairlead/kit';
import { MuxSession } from '@fairlead/mux';

export interface FrontMuxesDeps {
  clock: Clock;
  maxMuxes: number;
  /** Owns each stream. */
  onStream: (stream: Duplex) => void;
}

export class FrontMuxes {
  readonly #deps: FrontMuxesDeps;
  readonly #sessions = new Set<MuxSession>();
  #isGoing = false;

  constructor(deps: FrontMuxesDeps) {
    this.#deps = deps;
  }

  /**
   * Takes ownership of the channel. `firstBytes`: what came after the preface. Beyond the limit the oldest one without streams ends, and
   * where all have some the new one does: its consumer goes on with a channel for each request.
   */
  serve(channel: Duplex, firstBytes: Buffer): void {
    const { clock, onStream, maxMuxes } = this.#deps;
    if (this.#sessions.size >= maxMuxes && !this.#endIdle()) return void channel.destroy();
    const session = new MuxSession({ role: 'front', channel, clock, firstBytes, onStream });
    this.#sessions.add(session);
    detach(session.closed.then(() => this.#sessions.delete(session)));
    if (this.#isGoing) session.goAway();
  }

  /** Consumers open no more streams; what they have opened before they hear that is judged as any connection. */
  goAway(): void {
    this.#isGoing = true;
    for (const session of this.#sessions) session.goAway();
  }

  cutAll(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #endIdle(): boolean {
    const idle = this.#sessions.values().find(({ streamCount }) => streamCount === 0);
    if (!idle) return false;
    this.#sessions.delete(idle);
    idle.destroy();
    return true;
  }
}
