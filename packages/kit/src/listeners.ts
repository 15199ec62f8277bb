// A typed list of listeners. Listeners run in order of registration; one that throws does not stop the others.

export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Returns the function that removes the listener again. */
  add(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(value: T): void {
    const failures: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(value);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'a listener failed');
  }

  get size(): number {
    return this.#listeners.size;
  }
}
