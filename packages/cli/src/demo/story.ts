// The steps of a demo with their times, and what the commands in it may say.

import type { Context } from '../context.ts';
import type { Output } from '../output/output.ts';

export class Story {
  readonly steps: Array<{ name: string; ms: number }> = [];
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  async step<T>(name: string, work: () => Promise<T>, words: (made: T) => string): Promise<T> {
    const { clock, output, signal } = this.#context;
    signal.throwIfAborted();
    output.busy(name);
    const startedMs = clock.monotonicMs();
    const made = await work();
    const ms = Math.round(clock.monotonicMs() - startedMs);
    this.steps.push({ name, ms });
    output.event('step', { name, ms }, `${words(made)} ${output.style('dim', `(${ms} ms)`)}`);
    return made;
  }
}

/** The commands inside a demo keep their words to themselves; failures still reach the person. */
export function quiet(output: Output): Output {
  return { ...output, event() {}, result() {}, text() {} };
}
