// How much may still be sent, as the receiver has granted it.

import { untilAborted } from '@fairlead/kit';

export class Credit {
  #left: number;
  #more = Promise.withResolvers<void>();

  constructor(granted: number) {
    this.#left = granted;
  }

  grant(more: number): void {
    this.#left += more;
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  /** Uses one up; waits where there is none. Rejects with the signal's reason when it fires first. For one caller at a time. */
  async take(signal: AbortSignal): Promise<void> {
    while (this.#left === 0) await untilAborted(this.#more.promise, signal);
    signal.throwIfAborted();
    this.#left -= 1;
  }
}
