// Everything opened is closed in reverse. A Scope owns what was opened until it is disposed or released.

export class Scope implements AsyncDisposable {
  #closers: Array<() => void | Promise<void>> = [];
  #disposed: Promise<void> | undefined;

  /** Takes ownership; disposes at once (and throws) when the scope has already ended. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.defer(() =>
      Symbol.asyncDispose in resource ? (resource[Symbol.asyncDispose]() as Promise<void>) : resource[Symbol.dispose](),
    );
    return resource;
  }

  /** Registers a closer. Closers run in reverse order, each once, also when another one fails. */
  defer(close: () => void | Promise<void>): void {
    if (this.#disposed) throw new Error('cannot add to a scope because it has already been closed');
    this.#closers.push(close);
  }

  /** Gives everything up without closing: whoever calls this owns it now. */
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
    for (const close of this.release().reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several things could not be closed');
  }
}
