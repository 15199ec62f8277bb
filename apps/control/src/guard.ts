// Catches what a turn of a loop, a timer or an event handler throws, logs it once per outage, and lets control go on.

import { type Clock, errorText, type Log, untilOver } from '@fairlead/kit';

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
    this.#went(op);
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
    this.#went(op);
    return true;
  }

  /** A handler of an event that never throws. */
  handler<Args extends unknown[]>(op: string, act: (...args: Args) => void): (...args: Args) => void {
    return (...args) => void this.run(op, () => act(...args));
  }

  /** Waits and acts, again and again, until the signal fires. A turn that throws does not end it. */
  async loop(op: string, turn: () => void | Promise<void>, rhythm: Rhythm): Promise<void> {
    const { clock, everyMs, signal } = rhythm;
    for (;;) {
      await untilOver(clock.sleep(everyMs, signal), signal);
      if (signal.aborted) return;
      await this.turn(op, async () => {
        try {
          await turn();
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      });
    }
  }

  /** For what was caught elsewhere. */
  failed(op: string, error: unknown): void {
    const times = (this.#failures.get(op) ?? 0) + 1;
    this.#failures.set(op, times);
    const said = { op, ok: false, error: errorText(error) };
    if (times > 1) this.#log.debug(said);
    else
      this.#log.error({ ...said, stack: error instanceof Error ? error.stack : undefined }, 'failed; control goes on');
  }

  #went(op: string): void {
    const times = this.#failures.get(op);
    if (times === undefined) return;
    this.#failures.delete(op);
    this.#log.info({ op, ok: true, failed: times }, 'goes well again');
  }
}

export interface Rhythm {
  clock: Clock;
  everyMs: number;
  signal: AbortSignal;
}
