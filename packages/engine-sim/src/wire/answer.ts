// The parts of every route's answer, whole or as a stream. Each route writes it in its own file.

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
  /** The tokens of a choice so far; recorded only if the request asks for log probabilities. */
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
  /** The text that is sent with the head. */
  begin(): string;
  /** The text for one token of a choice, with what has to precede it. '' if the token shows nothing. */
  token(choice: number, text: string): string;
  /** The text for the last token of a choice. */
  finish(choice: number, text: string, finish: Finish): string;
  /** The text after every choice has finished. */
  end(usage: Usage): string;
  /** The text for an engine that died during the stream. */
  failed(): string;
}

/** Whether the text ended by itself. That end is a token without text, so its event follows the event of the last text. */
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

/** Caches quoted tokens: tokens repeat, and quoting them is most of the cost of a stream. */
const quoted = new Map<string, string>();

export function quote(text: string): string {
  let known = quoted.get(text);
  if (known === undefined) {
    known = JSON.stringify(text);
    if (quoted.size < 4096) quoted.set(text, known);
  }
  return known;
}
