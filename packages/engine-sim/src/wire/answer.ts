// What every route's answer is made of, whole or as a stream. How a route writes it lies in its own file.

import type { Finish } from '../engine/generation.ts';
import type { Vocabulary } from '../engine/vocabulary.ts';
import type { GenerateRequest } from './generate-request.ts';

export interface AnswerContext {
  /** The hexadecimal part. */
  id: string;
  /** Seconds since the epoch. */
  created: number;
  request: GenerateRequest;
  createId: () => string;
  /** The tokens of a choice so far; only recorded where log probabilities are asked for. */
  tokensOf: (choice: number) => readonly string[];
  vocabulary: Vocabulary;
}

export interface ChoiceResult {
  text: string;
  /** Tokens so far. */
  produced: number;
  finish: Finish;
}

export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

export interface AnswerStream {
  /** What leaves with the head. */
  begin(): string;
  /** One token of a choice, and what has to precede it. '' where nothing is shown. */
  token(choice: number, text: string): string;
  /** The last token of a choice. */
  finish(choice: number, text: string, finish: Finish): string;
  /** After every choice has finished. */
  end(usage: Usage): string;
  /** The engine died under it. */
  failed(): string;
}

/** The end that the text itself has: it is a token without text, so its event comes after the last text's. */
export function endsByItself(finish: Finish): boolean {
  return finish.reason === 'stop' && finish.stopReason === null;
}

export function usageFields({ promptTokens, completionTokens }: Usage) {
  return {
    prompt_tokens: promptTokens,
    total_tokens: promptTokens + completionTokens,
    completion_tokens: completionTokens,
  };
}

export function usageWithDetails(usage: Usage) {
  return { ...usageFields(usage), prompt_tokens_details: null, completion_tokens_details: null };
}

/** Tokens repeat: quoting each once is most of what a stream costs. */
const quoted = new Map<string, string>();

export function quote(text: string): string {
  let known = quoted.get(text);
  if (known === undefined) {
    known = JSON.stringify(text);
    if (quoted.size < 4096) quoted.set(text, known);
  }
  return known;
}
