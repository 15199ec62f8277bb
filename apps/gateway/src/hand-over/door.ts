// Where connections of clients arrive. Until the data path is open they wait: a process that takes over listens before the other one has stopped.

import type { Duplex } from 'node:stream';

import type { Relay } from '../relay/open-relay.ts';

export class Door {
  #relay: Pick<Relay, 'accept'> | undefined;
  #waiting: Duplex[] = [];

  accept(connection: Duplex): void {
    if (this.#relay) return this.#relay.accept(connection);
    // It may be reset while it waits: the relay sees that it is destroyed.
    connection.on('error', () => connection.destroy());
    this.#waiting.push(connection);
  }

  /** Once. What waits goes to the relay, which owns it from then on. */
  open(relay: Pick<Relay, 'accept'>): void {
    this.#relay = relay;
    for (const connection of this.#waiting.splice(0)) relay.accept(connection);
  }

  /** Where the data path is never opened. */
  [Symbol.dispose](): void {
    for (const connection of this.#waiting.splice(0)) connection.destroy();
  }
}
