// The failures of parts in one run of the engine: told to each listener in their order, also to one that comes later.

import type { PartFailure } from './first-cause.ts';

export class PartFailures {
  readonly #all: PartFailure[] = [];
  readonly #listeners: Array<(failed: PartFailure) => void> = [];

  take(failed: PartFailure): void {
    this.#all.push(failed);
    for (const listener of this.#listeners) listener(failed);
  }

  listen(listener: (failed: PartFailure) => void): void {
    this.#listeners.push(listener);
    for (const failed of this.#all) listener(failed);
  }
}
