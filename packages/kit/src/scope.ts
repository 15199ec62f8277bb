// Everything opened is closed in reverse. A Scope owns what was opened until it is disposed or released.

import { markHandled } from './mark-handled.ts';

export class Scope implements AsyncDisposable {
  #closers: Array<() => void | Promise<void>> = [];
  #disposed: Promise<void> | undefined;
  #isOver = false;

  /** Takes ownership. When the scope has already ended it begins to dispose of the resource at once, and throws. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.defer(() =>
      Symbol.asyncDispose in resource ? (resource[Symbol.asyncDispose]() as Promise<void>) : resource[Symbol.dispose](),
    );
    return resource;
  }

  /**
   * Registers a closer. Closers run in reverse order, each once, also when another one fails. When the scope has already
   * ended the closer runs at once and this throws; a later disposal of the scope waits for it and rejects with its failure.
   */
  defer(close: () => void | Promise<void>): void {
    this.#closers.push(close);
    if (!this.#disposed) return;
    if (this.#isOver) {
      this.#disposed = this.#close();
      markHandled(this.#disposed);
    }
    throw new Error('cannot add to a scope because it has already been closed');
  }

  /** Gives everything up without closing it. The caller owns it now. */
  release(): Array<() => void | Promise<void>> {
    const closers = this.#closers;
    this.#closers = [];
    return closers;
  }

  /** Resolves when everything is closed; rejects with the first failure after all were tried. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#close();
    return this.#disposed;
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    this.#isOver = false;
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#isOver = true;
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several things could not be closed');
  }
}
