// Channels whose answers are whole, until their other sides close them. They come and go with each request: a map that grows and shrinks so often
// keeps all that was ever in it alive until the next full collection of garbage.

import type { Duplex } from 'node:stream';

export class Lingering {
  readonly #places: Array<{ channel: Duplex; sinceMs: number } | undefined> = [];
  readonly #free: number[] = [];

  /** Takes ownership of the channel. */
  add(channel: Duplex, nowMs: number): void {
    const at = this.#free.pop() ?? this.#places.length;
    this.#places[at] = { channel, sinceMs: nowMs };
    channel.once('close', () => {
      this.#places[at] = undefined;
      this.#free.push(at);
    });
  }

  /** Closes those that came before. */
  closeOlder(thanMs: number): void {
    for (const place of this.#places) if (place && place.sinceMs < thanMs) place.channel.destroy();
  }
}
