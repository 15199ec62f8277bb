// Embeddings: the request, vectors that are close for texts that share words, and the body.

import { countTokens, splitTokens } from '../engine/count-tokens.ts';
import { createRandom, hashText } from '../engine/random.ts';
import type { Vocabulary } from '../engine/vocabulary.ts';
import { type ApiError, badRequest, invalidField, modelNotFoundBriefly } from './api-error.ts';
import { usageWithDetails } from './answer.ts';
import { checkLength } from './check-limits.ts';
import { missingFields, pythonInput } from './decode-body.ts';
import { readConversation } from './decode-chat-request.ts';
import { type Fields, list, number } from './fields.ts';
import type { ServedModel } from './generate-request.ts';
import type { DecodedPooling, PoolingHead } from './pooling-request.ts';

/** The hidden size of the recorded model. */
export const embeddingSize = 128;

const formats = ['float', 'base64', 'bytes', 'bytes_only'] as const;

export function decodeEmbeddingRequest(fields: Fields, model: ServedModel, vocabulary: Vocabulary): DecodedPooling {
  const wrong = checkSchema(fields) ?? checkPoolingModel(fields, model);
  if (wrong) return { ok: false, error: wrong };
  if (fields.dimensions !== undefined && fields.dimensions !== null)
    return { ok: false, error: noMatryoshka(fields, model) };
  const read = readTexts(fields, model, vocabulary);
  if ('error' in read) return { ok: false, error: read.error };
  const { texts, promptTokens } = read;
  const embeddings = { texts, promptTokens, encoding: encodingOf(fields), model: model.names[0] ?? '' };
  const answer = (head: PoolingHead) => embeddingAnswer(embeddings, head);
  return { ok: true, request: { sequences: texts.length, promptTokens, answer } };
}

export type Encoding = 'float' | 'base64';

export function encodingOf({ encoding_format: format }: Fields): Encoding {
  return format === 'base64' ? 'base64' : 'float';
}

function checkSchema(fields: Fields): ApiError | undefined {
  const { encoding_format: format } = fields;
  if (format !== undefined && format !== null && !formats.some((one) => one === format)) {
    const msg = "Input should be 'float', 'base64', 'bytes' or 'bytes_only'";
    return invalidField('body.encoding_format', { type: 'literal_error', msg, input: pythonInput(format) });
  }
  if (fields.messages !== undefined) return undefined;
  return fields.input === null ? missingFields({}, ['input']) : missingFields(fields, ['input']);
}

export function checkPoolingModel(fields: Fields, { names }: ServedModel): ApiError | undefined {
  const { model } = fields;
  return typeof model === 'string' && !names.includes(model) ? modelNotFoundBriefly(model) : undefined;
}

export function noMatryoshka({ dimensions }: { dimensions?: unknown }, { names }: ServedModel): ApiError {
  const asked = String(dimensions);
  const name = names[0];
  return badRequest(
    `Model '${name}' does not support Matryoshka embeddings; dimensions must be unset (received dimensions=${asked}).`,
  );
}

export interface Texts {
  texts: readonly string[];
  promptTokens: number;
}

/** The texts of `input` or `messages`, cut as the request says; an error where one is empty or too long. */
export function readTexts(fields: Fields, model: ServedModel, vocabulary: Vocabulary): Texts | { error: ApiError } {
  const read = readWholeTexts(fields, model, vocabulary);
  if ('error' in read) return read;
  const { texts, templateTokens } = read;
  const limit = number(fields.truncate_prompt_tokens);
  const kept = limit === undefined || limit < 0 ? texts : texts.map((text) => lastTokens(text, limit));
  const counts = kept.map((text) => countTokens(text));
  const longest = Math.max(...counts);
  const tooLong = checkLength({ promptTokens: longest, asked: undefined, maxModelLen: model.maxModelLen });
  if (tooLong) return { error: tooLong };
  return { texts: kept, promptTokens: counts.reduce((sum, count) => sum + count, templateTokens) };
}

interface WholeTexts {
  texts: readonly string[];
  /** The tokens that a chat template adds to them. */
  templateTokens: number;
}

function readWholeTexts(fields: Fields, model: ServedModel, vocabulary: Vocabulary): WholeTexts | { error: ApiError } {
  const { input } = fields;
  if (Array.isArray(fields.messages)) {
    const conversation = readConversation(fields.messages, model);
    if ('error' in conversation) return conversation;
    const { prompt, promptTokens } = conversation;
    return { texts: [prompt], templateTokens: promptTokens - countTokens(prompt) };
  }
  const inputs: readonly unknown[] = isIds(input) ? [input] : Array.isArray(input) ? input : [input];
  if (inputs.length === 0) return { error: badRequest('You must pass at least one prompt') };
  const texts = inputs.map((one) => (isIds(one) ? vocabulary.textOf(one) : typeof one === 'string' ? one : ''));
  if (texts.includes('')) return { error: badRequest('The decoder prompt cannot be empty') };
  return { texts, templateTokens: 0 };
}

function isIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && list(value).every((one) => typeof one === 'number');
}

export function lastTokens(text: string, count: number): string {
  return splitTokens(text).slice(-Math.max(1, count)).join('');
}

export function firstTokens(text: string, count: number): string {
  return splitTokens(text).slice(0, Math.max(1, count)).join('');
}

/** The sum of one direction per token, with length 1: the more words two texts share, the closer their vectors are. */
export function embed(text: string): Float32Array {
  const vector = new Float32Array(embeddingSize);
  for (const token of splitTokens(text)) {
    const random = createRandom(hashText(token.trim().toLowerCase()));
    for (let at = 0; at < embeddingSize; at++) vector[at] = (vector[at] ?? 0) + random() * 2 - 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

interface Embeddings {
  texts: readonly string[];
  promptTokens: number;
  encoding: Encoding;
  model: string;
}

function embeddingAnswer({ texts, promptTokens, encoding, model }: Embeddings, head: PoolingHead): unknown {
  const data = texts.map((text, index) => ({
    index,
    object: 'embedding',
    embedding: encodeVector(embed(text), encoding),
  }));
  const usage = usageWithDetails({ promptTokens, completionTokens: 0 });
  return { id: `embd-${head.id}`, object: 'list', created: head.created, model, data, usage };
}

/** Base64 of little-endian 32-bit floats on any machine. */
export function encodeVector(vector: Float32Array, encoding: Encoding): number[] | string {
  if (encoding === 'float') return [...vector];
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString('base64');
}
