// `/tokenize` and `/detokenize`: bodies in and out.

import type { Vocabulary } from '../engine/vocabulary.ts';
import type { ApiError } from './api-error.ts';
import { missingFields } from './decode-body.ts';
import { readConversation } from './decode-chat-request.ts';
import { type Fields, list } from './fields.ts';
import { checkModel, type ServedModel } from './generate-request.ts';

export type TokenizeResult = { ok: true; body: unknown } | { ok: false; error: ApiError };

/** The template's marks around each message, as recorded. */
const userMark = 2;
const assistantMark = 3;

export function tokenize(fields: Fields, model: ServedModel, vocabulary: Vocabulary): TokenizeResult {
  const { prompt, messages } = fields;
  const neither = typeof prompt !== 'string' && !Array.isArray(messages);
  const wrong = (neither ? missingFields(fields, ['prompt', 'messages']) : undefined) ?? checkModel(fields, model);
  if (wrong) return { ok: false, error: wrong };
  if (typeof prompt === 'string') return answer(fields, model, tokensOf(prompt, vocabulary));
  const conversation = readConversation(list(messages), model);
  if ('error' in conversation) return { ok: false, error: conversation.error };
  const tokens = conversation.texts.flatMap((text) => [
    { id: userMark, text: '' },
    ...tokensOf(text, vocabulary),
    { id: assistantMark, text: '' },
  ]);
  return answer(fields, model, tokens);
}

interface Token {
  id: number;
  text: string;
}

function tokensOf(text: string, vocabulary: Vocabulary): Token[] {
  return vocabulary.idsOf(text).map((id) => ({ id, text: vocabulary.tokenOf(id) }));
}

function answer(fields: Fields, { maxModelLen }: ServedModel, tokens: readonly Token[]): TokenizeResult {
  // Shows a space before a word as byte-level tokenizers do.
  const strings = fields.return_token_strs === true ? tokens.map(({ text }) => text.replaceAll(' ', 'Ġ')) : null;
  const ids = tokens.map(({ id }) => id);
  return { ok: true, body: { count: ids.length, max_model_len: maxModelLen, tokens: ids, token_strs: strings } };
}

export function detokenize(fields: Fields, model: ServedModel, vocabulary: Vocabulary): TokenizeResult {
  const wrong = missingFields(fields, ['tokens']) ?? checkModel(fields, model);
  if (wrong) return { ok: false, error: wrong };
  const ids = list(fields.tokens).filter((id) => typeof id === 'number');
  return { ok: true, body: { prompt: vocabulary.textOf(ids) } };
}
