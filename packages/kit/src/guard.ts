// Catches what an event handler, a timer or a turn of a loop throws, and logs it once per outage; its process goes on.

import { errorText } from './coded-error.ts';
import type { Log } from './log.ts';

export class Guard {
  readonly #log: Log;
  /** Failures of each operation since its last success. */
  readonly #failures = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** False where it threw. */
  run(op: string, act: () => void): boolean {
    try {
      act();
    } catch (error) {
      this.failed(op, error);
      return false;
    }
    this.worked(op);
    return true;
  }

  /** As `run`, for work that takes time. Never rejects. */
  async turn(op: string, act: () => void | Promise<void>): Promise<boolean> {
    try {
      await act();
    } catch (error) {
      this.failed(op, error);
      return false;
    }
    this.worked(op);
    return true;
  }

  /** A handler of an event that never throws. */
  handler<Args extends unknown[]>(op: string, act: (...args: Args) => void): (...args: Args) => void {
    return (...args) => void this.run(op, () => act(...args));
  }

  /** For what was caught elsewhere. Returns how many times the operation has failed since its last success. */
  failed(op: string, error: unknown): number {
    const failures = (this.#failures.get(op) ?? 0) + 1;
    this.#failures.set(op, failures);
    const fields = { op, ok: false, error: errorText(error) };
    if (failures > 1) this.#log.debug(fields);
    else this.#log.error({ ...fields, stack: error instanceof Error ? error.stack : undefined }, 'failed; goes on');
    return failures;
  }

  /** For what went well elsewhere: the next failure is logged again. */
  worked(op: string): void {
    const failures = this.#failures.get(op);
    if (failures === undefined) return;
    this.#failures.delete(op);
    this.#log.info({ op, ok: true, failures }, 'works again');
  }
}
