// Answers of nodes to one question, gathered until all are there or the time is over.

import { type Clock, openTimeLimit, untilAborted, untilOver } from '@fairlead/kit';

interface Asked<Answer> {
  left: Set<number>;
  answers: Map<number, Answer>;
  complete: PromiseWithResolvers<void>;
}

export class NodeAnswers<Answer> {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #open = new Set<Asked<Answer>>();

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Resolves with the answers that came in time, by rank. Never rejects. */
  async gather(ranks: readonly number[]): Promise<Map<number, Answer>> {
    const asked: Asked<Answer> = { left: new Set(ranks), answers: new Map(), complete: Promise.withResolvers() };
    if (ranks.length === 0) return asked.answers;
    this.#open.add(asked);
    using limit = openTimeLimit(this.#clock, this.#limitMs);
    await untilOver(untilAborted(asked.complete.promise, limit.signal), limit.signal);
    this.#open.delete(asked);
    return asked.answers;
  }

  /** One answer serves all who have asked. */
  take(rank: number, answer: Answer): void {
    for (const { left, answers, complete } of this.#open) {
      if (!left.delete(rank)) continue;
      answers.set(rank, answer);
      if (left.size === 0) complete.resolve();
    }
  }
}
