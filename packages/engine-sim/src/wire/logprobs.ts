// Invented log probabilities: plausible, decreasing, and always the same for a token at its place.

import { splitTokens } from '../engine/count-tokens.ts';
import { createRandom, hashText } from '../engine/random.ts';
import type { Vocabulary } from '../engine/vocabulary.ts';
import { commonWords } from '../engine/words.ts';

export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[];
}

/** The token itself, then `top - 1` others, each less likely. */
function alternatives(token: string, place: number, top: number): TokenLogprob[] {
  const random = createRandom(hashText(token, place + 1));
  let logprob = -random();
  const found = [entry(token, logprob)];
  while (found.length < top) {
    logprob -= 0.1 + random();
    const other = ` ${commonWords[Math.floor(random() * commonWords.length)]}`;
    if (!found.some((one) => one.token === other)) found.push(entry(other, logprob));
  }
  return found;
}

function entry(token: string, logprob: number): TokenLogprob {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

/** One item of chat's `logprobs.content`. */
export function chatLogprob(token: string, place: number, top: number): unknown {
  const found = alternatives(token, place, top);
  return { ...found[0], top_logprobs: found.slice(0, top) };
}

/** One item of Responses' `logprobs`: the same in another order. */
export function responsesLogprob(token: string, place: number, top: number): unknown {
  const found = alternatives(token, place, top).map(({ logprob, bytes, token: one }) => ({
    token: one,
    bytes,
    logprob,
  }));
  return { ...found[0], top_logprobs: found.slice(0, top) };
}

export interface CompletionLogprobs {
  text_offset: number[];
  token_logprobs: Array<number | null>;
  tokens: string[];
  top_logprobs: Array<Record<string, number> | null>;
}

/** The log probabilities of the tokens from `from` on. Those of an echoed prompt come first in `tokens`; the very first has no probability. */
export function completionLogprobs(
  tokens: readonly string[],
  { from, top, echoed }: { from: number; top: number; echoed: boolean },
): CompletionLogprobs {
  const all: CompletionLogprobs = { text_offset: [], token_logprobs: [], tokens: [], top_logprobs: [] };
  let offset = 0;
  for (const [place, token] of tokens.entries()) {
    if (place >= from) addToken(all, { token, place, offset, top, unknown: echoed && place === 0 });
    offset += token.length;
  }
  return all;
}

function addToken(
  all: CompletionLogprobs,
  {
    token,
    place,
    offset,
    top,
    unknown,
  }: { token: string; place: number; offset: number; top: number; unknown: boolean },
): void {
  const found = alternatives(token, place, top);
  all.text_offset.push(offset);
  all.tokens.push(token);
  all.token_logprobs.push(unknown ? null : (found[0]?.logprob ?? null));
  const pairs = found.map(({ token: one, logprob }): [string, number] => [one, logprob]);
  all.top_logprobs.push(unknown ? null : Object.fromEntries(pairs));
}

/** The log probabilities of an echoed prompt, by token id, with the rank among all. The first token has none. */
export function promptLogprobs(prompt: string, top: number, vocabulary: Vocabulary): unknown[] {
  const tokens = splitTokens(prompt);
  return tokens.map((token, place) => {
    if (place === 0) return null;
    const entries = alternatives(token, place, top).map(({ token: one, logprob }, rank) => {
      const [id = 0] = vocabulary.idsOf(one);
      return [id, { logprob, rank: rank + 1, decoded_token: one }] as const;
    });
    return Object.fromEntries(entries);
  });
}
