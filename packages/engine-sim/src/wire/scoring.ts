// Scores and reranking: the requests, scores that are higher for texts that share words, and the bodies.

import { countTokens } from '../engine/count-tokens.ts';
import { usageFields, usageWithDetails } from './answer.ts';
import { type ApiError, badRequest, invalidField, invalidFields, modelNotFoundBriefly } from './api-error.ts';
import { checkLength } from './check-limits.ts';
import { missingFields, pythonInput } from './decode-body.ts';
import { embed } from './embedding.ts';
import { type Fields, list, number, record, text } from './fields.ts';
import type { ServedModel } from './generate-request.ts';
import type { DecodedPooling, PoolingHead } from './pooling-request.ts';
import type { Offer } from './routes.ts';

export interface Scorer {
  model: ServedModel;
  comparison: Exclude<Offer['score'], false>;
}

/** The names that a score request gives its two sides, in vLLM's order. */
const sides = [
  ['queries', 'documents'],
  ['queries', 'items'],
  ['data_1', 'data_2'],
  ['text_1', 'text_2'],
] as const;

export function isScoreRequest(fields: Fields): boolean {
  return sides.some((names) => names.every((name) => fields[name] !== undefined));
}

export function isRerankRequest({ query, documents }: Fields): boolean {
  return query !== undefined && documents !== undefined;
}

export function decodeScoreRequest(fields: Fields, scorer: Scorer): DecodedPooling {
  const [one, other] = sides.find((names) => names.every((name) => fields[name] !== undefined)) ?? [];
  if (!one || !other) return { ok: false, error: missingSides(fields) };
  const compared = compare(textsOf(fields[one]), textsOf(fields[other]), fields, scorer);
  if ('error' in compared) return { ok: false, error: compared.error };
  const { scores, ...cost } = compared;
  const answer = (head: PoolingHead) => ({
    id: `score-${head.id}`,
    object: 'list',
    created: head.created,
    model: scorer.model.names[0] ?? '',
    data: scores.map((score, index) => ({ index, object: 'score', score })),
    usage: usageWithDetails({ promptTokens: cost.promptTokens, completionTokens: 0 }),
  });
  return { ok: true, request: { ...cost, answer } };
}

export function decodeRerankRequest(fields: Fields, scorer: Scorer): DecodedPooling {
  const top = number(fields.top_n) ?? 0;
  const wrong = missingFields(fields, ['query', 'documents']) ?? checkTop(top);
  if (wrong) return { ok: false, error: wrong };
  const documents = Array.isArray(fields.documents) ? list(fields.documents) : [fields.documents];
  const compared = compare([textOf(fields.query)], documents.map(textOf), fields, scorer);
  if ('error' in compared) return { ok: false, error: compared.error };
  const { scores, ...cost } = compared;
  const { prompt_tokens, total_tokens } = usageFields({ promptTokens: cost.promptTokens, completionTokens: 0 });
  const results = scores
    .map((score, index) => ({ index, document: documentOf(documents[index]), relevance_score: score }))
    .toSorted((a, b) => b.relevance_score - a.relevance_score);
  const answer = ({ id }: PoolingHead) => ({
    id: `score-${id}`,
    model: scorer.model.names[0] ?? '',
    usage: { prompt_tokens, total_tokens },
    results: top > 0 ? results.slice(0, top) : results,
  });
  return { ok: true, request: { ...cost, answer } };
}

/** pydantic reports what each form of the request lacks. */
function missingSides(fields: Fields): ApiError {
  const input = pythonInput(fields);
  const missing = sides.flatMap((names) => names.filter((name) => fields[name] === undefined));
  return invalidFields(missing.map((name) => ({ loc: `body.${name}`, type: 'missing', msg: 'Field required', input })));
}

function checkTop(top: number): ApiError | undefined {
  if (top >= 0) return undefined;
  const msg = 'Input should be greater than or equal to 0';
  return invalidField('body.top_n', { type: 'greater_than_equal', msg, input: String(top), bound: "{'ge': 0}" });
}

interface Compared {
  scores: readonly number[];
  sequences: number;
  promptTokens: number;
}

/** Compares one text with each of the others, or each with its counterpart. */
function compare(
  one: readonly string[],
  other: readonly string[],
  { model: asked }: Fields,
  { model, comparison }: Scorer,
): Compared | { error: ApiError } {
  if (typeof asked === 'string' && !model.names.includes(asked)) return { error: modelNotFoundBriefly(asked) };
  if (one.length > 1 && one.length !== other.length)
    return { error: badRequest('Input lengths must be either 1:1, 1:N or N:N') };
  if (one.length === 0 || other.length === 0)
    return { error: badRequest('At least one text_pair element must be given') };
  const pairs = other.map((text, at) => [one.length === 1 ? (one[0] ?? '') : (one[at] ?? ''), text] as const);
  const sequences = comparison === 'vectors' ? [...one, ...other] : pairs.map((pair) => pair.join(' '));
  if (comparison === 'vectors' && sequences.includes(''))
    return { error: badRequest('The decoder prompt cannot be empty') };
  const counts = sequences.map((text) => countTokens(text));
  const tooLong = checkLength({
    promptTokens: Math.max(...counts),
    asked: undefined,
    maxModelLen: model.maxModelLen,
  });
  if (tooLong) return { error: tooLong };
  const likeness = pairs.map(([a, b]) => cosine(embed(a), embed(b)));
  return {
    scores: comparison === 'vectors' ? likeness : likeness.map(probability),
    sequences: sequences.length,
    promptTokens: counts.reduce((sum, count) => sum + count, 0),
  };
}

/** Vectors of length 1. */
function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

/** A cross-encoder's score is a sigmoid: 0.5 where texts share half of their words. */
function probability(likeness: number): number {
  return 1 / (1 + Math.exp(6 - 12 * likeness));
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? list(value) : [value]).map(textOf);
}

/** A text, or `{content: [{type: 'text', text}, …]}`. */
function textOf(value: unknown): string {
  const given = text(value);
  if (given !== undefined) return given;
  const parts = list(record(value).content).map((part) => text(record(part).text) ?? '');
  return parts.join(' ');
}

function documentOf(value: unknown): unknown {
  const given = text(value);
  if (given !== undefined) return { text: given, multi_modal: null };
  return { text: null, multi_modal: list(record(value).content) };
}
