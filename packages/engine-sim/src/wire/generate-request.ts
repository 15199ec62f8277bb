// What a generating request asks for, whichever route it came by.

import type { Script } from '../answer/script.ts';
import { type ApiError, modelNotFound } from './api-error.ts';
import { type Fields, list, number, record } from './fields.ts';

export interface ServedModel {
  /** The first one is echoed in answers. */
  names: readonly string[];
  maxModelLen: number;
  /** Adapters that are asked for as models of their own. */
  adapters(): readonly string[];
  /** Whether `tool_choice` auto is parsed: `--enable-auto-tool-choice`. */
  autoTools: boolean;
}

export interface ChoicePlan {
  /** What free text is made from. */
  prompt: string;
  script: Script;
  /** Text before the answer: completions with `echo`. */
  echo: string | undefined;
}

export interface GenerateRequest {
  kind: 'chat' | 'completion' | 'responses' | 'messages';
  /** As echoed. */
  model: string;
  choices: readonly ChoicePlan[];
  promptTokens: number;
  maxTokens: number;
  minTokens: number;
  ignoreEos: boolean;
  stop: readonly string[];
  includeStop: boolean;
  seed: number | undefined;
  stream: boolean;
  includeUsage: boolean;
  continuousUsage: boolean;
  /** How many alternatives a token shows; undefined when the request did not ask for log probabilities. */
  logprobs: number | undefined;
  sim: SimFields;
  /** The body itself: some answers repeat it. */
  fields: Fields;
}

/** The body's own field `sim`, unknown to vLLM, that every proxy passes on: pace and length of this one answer. */
export interface SimFields {
  prefillMs?: number | undefined;
  decodeMs?: number | undefined;
  /** The text ends by itself after this many tokens. */
  tokens?: number | undefined;
}

export type DecodedRequest = { ok: true; request: GenerateRequest } | { ok: false; error: ApiError };

/** What most routes read alike. */
export function commonFields(fields: Fields) {
  const options = record(fields.stream_options);
  return {
    minTokens: number(fields.min_tokens) ?? 0,
    ignoreEos: fields.ignore_eos === true,
    stop: stopStrings(fields.stop),
    includeStop: fields.include_stop_str_in_output === true,
    seed: number(fields.seed),
    stream: fields.stream === true,
    includeUsage: options.include_usage === true,
    continuousUsage: options.include_usage === true && options.continuous_usage_stats === true,
    sim: decodeSim(record(fields.sim)),
    fields,
  };
}

export function refuseRequest(error: ApiError): { ok: false; error: ApiError } {
  return { ok: false, error };
}

/** A request without `model` is served. */
export function checkModel(fields: Fields, model: ServedModel): ApiError | undefined {
  const { model: asked } = fields;
  if (typeof asked !== 'string' || model.names.includes(asked) || model.adapters().includes(asked)) return undefined;
  return modelNotFound(asked, model.names);
}

/** An adapter's own name; every name of the model itself is echoed as the first. */
export function echoedModel(fields: Fields, model: ServedModel): string {
  const { model: asked } = fields;
  return typeof asked === 'string' && model.adapters().includes(asked) ? asked : (model.names[0] ?? '');
}

export function stopStrings(stop: unknown): string[] {
  const all = Array.isArray(stop) ? list(stop) : [stop];
  return all.filter((one): one is string => typeof one === 'string' && one !== '');
}

function decodeSim(fields: Fields): SimFields {
  return {
    prefillMs: number(fields.prefill_ms),
    decodeMs: number(fields.decode_ms),
    tokens: number(fields.tokens),
  };
}
