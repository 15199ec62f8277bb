// What an answer has told of its tokens, and what was counted while it passed.

import type { Usage } from '@fairlead/openai-wire';

import type { UsageTokens } from '../usage/usage-record.ts';

export class PassageTally {
  /** Events with content, or 1 for a whole answer. */
  generated = 0;
  /** The engine sent an error within a stream that it began with 200. */
  engineError = false;
  #told: { prompt: number; completion: number; cached: number } | undefined;

  /** The largest counts: some engines tell the prompt first and the rest last, some tell all with each event. */
  note(usage: Usage | undefined): void {
    if (!usage) return;
    const before = this.#told ?? { prompt: 0, completion: 0, cached: 0 };
    const { prompt_tokens: prompt, completion_tokens: completion } = usage;
    this.#told = {
      prompt: Math.max(before.prompt, prompt),
      completion: Math.max(before.completion, completion ?? 0),
      cached: Math.max(before.cached, cachedOf(usage)),
    };
  }

  /**
   * `isWhole`: the answer came to its end. A cut one is counted by its events, one that generated nothing costs nothing.
   * An answer that tells no usage on a route that does not generate costs nothing.
   */
  tokens({
    isWhole,
    generates,
    promptEstimate,
  }: {
    isWhole: boolean;
    generates: boolean;
    promptEstimate: number;
  }): UsageTokens {
    if (this.#told && (isWhole || this.#told.completion >= this.generated)) {
      const { prompt, completion, cached } = this.#told;
      return { promptTokens: prompt, completionTokens: completion, cachedTokens: cached, estimated: false };
    }
    if (!generates || this.generated === 0)
      return { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };
    const promptTokens = this.#told?.prompt || promptEstimate;
    return { promptTokens, completionTokens: this.generated, cachedTokens: this.#told?.cached ?? 0, estimated: true };
  }
}

function cachedOf(usage: Usage): number {
  const { prompt_tokens_details: details, cache_read_input_tokens: read } = usage as {
    prompt_tokens_details?: { cached_tokens?: unknown } | null;
    cache_read_input_tokens?: unknown;
  };
  const cached = details?.cached_tokens ?? read;
  return typeof cached === 'number' && Number.isSafeInteger(cached) && cached > 0 ? cached : 0;
}
