// `/v2/embed`: embeddings in Cohere's shape.

import { countTokens } from '../engine/count-tokens.ts';
import { type ApiError, badRequest, invalidField } from './api-error.ts';
import { checkLength } from './check-limits.ts';
import { pythonInput } from './decode-body.ts';
import { readConversation } from './decode-chat-request.ts';
import {
  checkPoolingModel,
  embed,
  encodeVector,
  firstTokens,
  lastTokens,
  noMatryoshka,
  type Texts,
} from './embedding.ts';
import { type Fields, list, record, text } from './fields.ts';
import type { ServedModel } from './generate-request.ts';
import type { DecodedPooling, PoolingHead } from './pooling-request.ts';

const embeddingTypes = ['float', 'binary', 'ubinary', 'base64'] as const;
const truncations = ['NONE', 'START', 'END'] as const;

export function decodeCohereRequest(fields: Fields, model: ServedModel): DecodedPooling {
  const wrong = checkSchema(fields) ?? checkPoolingModel(fields, model) ?? checkWish(fields, model);
  if (wrong) return { ok: false, error: wrong };
  const read =
    fields.texts === undefined || fields.texts === null ? readInputs(fields, model) : readTexts(fields, model);
  if ('error' in read) return { ok: false, error: read.error };
  const { texts, promptTokens } = read;
  const given = list(fields.embedding_types);
  const types = embeddingTypes.filter((type) => (given.length === 0 ? type === 'float' : given.includes(type)));
  const vectors = texts.map(embed);
  const answer = ({ id }: PoolingHead) => ({
    id: `embd-${id}`,
    embeddings: Object.fromEntries(types.map((type) => [type, vectors.map((vector) => typed(vector, type))])),
    ...(fields.texts ? { texts: fields.texts } : {}),
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: promptTokens, image_tokens: 0 } },
    response_type: 'embeddings_by_type',
  });
  return { ok: true, request: { sequences: texts.length, promptTokens, answer } };
}

function checkSchema(fields: Fields): ApiError | undefined {
  const unknown = list(fields.embedding_types).findIndex((type) => !embeddingTypes.some((one) => one === type));
  if (unknown >= 0)
    return notOneOf(embeddingTypes, `embedding_types.${unknown}`, list(fields.embedding_types)[unknown]);
  const { truncate = 'END' } = fields;
  if (!truncations.some((one) => one === truncate)) return notOneOf(truncations, 'truncate', truncate);
  const given = [fields.texts, fields.images, fields.inputs].filter((one) => one !== undefined && one !== null);
  if (given.length === 1 && list(given[0]).length > 0) return undefined;
  const words = 'Exactly one of texts, images, or inputs must be provided, and it must be non-empty';
  return invalidField('body', {
    type: 'value_error',
    msg: `Value error, ${words}`,
    input: pythonInput(fields),
    ctx: `ValueError('${words}')`,
  });
}

function notOneOf(words: readonly string[], name: string, input: unknown): ApiError {
  const quoted = words.map((word) => `'${word}'`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return invalidField(`body.${name}`, {
    type: 'literal_error',
    msg: `Input should be ${expected}`,
    input: pythonInput(input),
    bound: `{'expected': "${expected}"}`,
  });
}

/** What the tiny model has not: instructions for kinds of input, vectors of another size, and eyes. */
function checkWish(
  { input_type: kind, output_dimension: dimensions, images }: Fields,
  model: ServedModel,
): ApiError | undefined {
  if (typeof kind === 'string')
    return badRequest(`Unsupported input_type '${kind}'. This model does not define any input_type task instructions.`);
  if (dimensions !== undefined && dimensions !== null) return noMatryoshka({ dimensions }, model);
  return images ? badRequest(`${model.names[0]} is not a multimodal model`) : undefined;
}

function readTexts(fields: Fields, model: ServedModel): Texts | { error: ApiError } {
  const texts = list(fields.texts).map((one) => text(one) ?? '');
  if (texts.includes('')) return { error: badRequest('The decoder prompt cannot be empty') };
  const kept = texts.map((one) => truncated(one, fields, model));
  const counts = kept.map((one) => countTokens(one));
  const promptTokens = Math.max(...counts);
  const tooLong = checkLength({ promptTokens, asked: undefined, maxModelLen: model.maxModelLen });
  return tooLong ? { error: tooLong } : { texts: kept, promptTokens: counts.reduce((sum, count) => sum + count, 0) };
}

/** Each is a conversation of one message. */
function readInputs(fields: Fields, model: ServedModel): Texts | { error: ApiError } {
  const texts: string[] = [];
  let promptTokens = 0;
  for (const input of list(fields.inputs)) {
    const conversation = readConversation([{ role: 'user', content: record(input).content }], model);
    if ('error' in conversation) return conversation;
    texts.push(conversation.prompt);
    promptTokens += conversation.promptTokens;
  }
  return { texts, promptTokens };
}

function truncated(one: string, { truncate }: Fields, { maxModelLen }: ServedModel): string {
  if (truncate === 'NONE' || countTokens(one) <= maxModelLen) return one;
  return truncate === 'START' ? lastTokens(one, maxModelLen) : firstTokens(one, maxModelLen);
}

function typed(vector: Float32Array, type: (typeof embeddingTypes)[number]): number[] | string {
  if (type === 'float' || type === 'base64') return encodeVector(vector, type);
  const bytes = Array.from({ length: vector.length / 8 }, (_, byte) =>
    vector.subarray(byte * 8, byte * 8 + 8).reduce((bits, value) => bits * 2 + (value >= 0 ? 1 : 0), 0),
  );
  return type === 'ubinary' ? bytes : bytes.map((byte) => byte - 128);
}
