// Life events on their way to control: kept until control says that they are recorded, sent again after a reconnect.

import type { EventHappened } from '@fairlead/protocol';
import { Listeners } from '@fairlead/kit';

/** With control away for long the oldest are given up; audit.jsonl has them all. */
const limit = 1000;
const messageLimit = 4000;

export class EventQueue {
  #nextId = 1;
  #waiting: EventHappened[] = [];
  readonly #emptied = new Listeners<void>();

  add(event: { kind: string; message: string; atMs: number }): EventHappened {
    const message = event.message.slice(0, messageLimit);
    const happened: EventHappened = { type: 'event.happened', id: this.#nextId++, ...event, message };
    this.#waiting.push(happened);
    if (this.#waiting.length > limit) this.#waiting.shift();
    return happened;
  }

  recorded(id: number): void {
    this.#waiting = this.#waiting.filter((event) => event.id !== id);
    if (this.#waiting.length === 0) this.#emptied.emit();
  }

  /** In order; all of them go out again on a new connection. */
  get waiting(): readonly EventHappened[] {
    return this.#waiting;
  }

  /** Resolves when nothing waits. */
  empty(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const remove = this.#emptied.add(() => {
      remove();
      resolve();
    });
    return promise;
  }
}
