// Writes one answer token by token: decides where it stops and which text is already safe to show. Has no notion of time.

import { createRandom } from './random.ts';
import { createWords, endsSentence } from './words.ts';

export interface GenerationOptions {
  /** Same seed, same text. */
  seed: number;
  maxTokens: number;
  /** The text ends by itself after exactly this many tokens; otherwise at the end of its third to eighth sentence. */
  tokens?: number | undefined;
  /** Never end by itself. */
  ignoreEos: boolean;
  minTokens: number;
  stop: readonly string[];
  includeStop: boolean;
  /** Exactly these tokens instead of free text; it ends with the last of them. Never empty. */
  scripted?: readonly string[] | undefined;
  /** Where the tokens themselves are kept, for log probabilities. */
  record?: string[] | undefined;
}

export interface Finish {
  reason: 'stop' | 'length';
  /** The stop string that ended the text, or null if the text ended by itself or by its limit. */
  stopReason: string | null;
}

export interface Generation {
  /** Produces the next token; returns the text that became safe to show ('' while a stop string may have begun). */
  next(): string;
  readonly produced: number;
  readonly finish: Finish | undefined;
}

/** `produced` counts tokens with text: a text that ends by itself has no token for its end. */
export function createGeneration(options: GenerationOptions): Generation {
  const { scripted, record } = options;
  const word = scripted ? tokensInTurn(scripted) : createWords(options.seed);
  const sentences = 3 + Math.floor(createRandom(options.seed ^ 0x5bd1e995)() * 6);
  const stops = createStopScan(options.stop, options.includeStop);
  let sentencesLeft = options.tokens === undefined ? sentences : Infinity;
  let produced = 0;
  let finish: Finish | undefined;
  return {
    get produced() {
      return produced;
    },
    get finish() {
      return finish;
    },
    next() {
      const token = word();
      produced += 1;
      record?.push(token);
      if (endsSentence(token)) sentencesLeft -= 1;
      const text = stops.take(token);
      if (stops.met !== undefined) finish = { reason: 'stop', stopReason: stops.met };
      else if (produced >= options.maxTokens) finish = { reason: 'length', stopReason: null };
      else if (scripted) finish = produced >= scripted.length ? byItself : undefined;
      else if (!options.ignoreEos && produced >= options.minTokens && ended(options.tokens, produced, sentencesLeft))
        finish = byItself;
      return finish && stops.met === undefined ? text + stops.rest() : text;
    },
  };
}

const byItself: Finish = { reason: 'stop', stopReason: null };

function tokensInTurn(tokens: readonly string[]): () => string {
  let at = 0;
  return () => tokens[at++] ?? '';
}

function ended(tokens: number | undefined, produced: number, sentencesLeft: number): boolean {
  return tokens === undefined ? sentencesLeft <= 0 : produced >= tokens;
}

/** As vLLM does, holds back as many characters as could still be the beginning of the longest stop string. */
function createStopScan(stop: readonly string[], includeStop: boolean) {
  const hold = stop.reduce((longest, text) => Math.max(longest, text.length), 0);
  let held = '';
  let met: string | undefined;
  return {
    get met() {
      return met;
    },
    take(token: string): string {
      if (hold === 0) return token;
      held += token;
      const hit = stop.find((text) => held.includes(text));
      if (hit !== undefined) {
        met = hit;
        return held.slice(0, held.indexOf(hit) + (includeStop ? hit.length : 0));
      }
      const safe = Math.max(0, held.length - (hold - 1));
      const text = held.slice(0, safe);
      held = held.slice(safe);
      return text;
    },
    rest: () => held,
  };
}
