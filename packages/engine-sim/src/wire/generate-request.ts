// A generating request, independent of its route.

import type { Script } from '../answer/script.ts';
import { type ApiError, modelNotFound } from './api-error.ts';
import { type Fields, list, number, record } from './fields.ts';

export interface ServedModel {
  /** Answers echo the first one. */
  names: readonly string[];
  maxModelLen: number;
  /** Adapters, which requests name as models. */
  adapters(): readonly string[];
  /** Whether `tool_choice` auto is parsed: `--enable-auto-tool-choice`. */
  autoTools: boolean;
}

export interface ChoicePlan {
  /** The prompt, from which free text is made. */
  prompt: string;
  script: Script;
  /** Text before the answer: completions with `echo`. */
  echo: string | undefined;
}

export interface GenerateRequest {
  kind: 'chat' | 'completion' | 'responses' | 'messages' | 'transcription' | 'translation';
  /** The name that the answer echoes. */
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
  /** The number of alternatives for each token; undefined if the request did not ask for log probabilities. */
  logprobs: number | undefined;
  sim: SimFields;
  /** Of speech: how long it lasts. */
  speechSeconds?: number;
  /** The body itself: some answers repeat it. */
  fields: Fields;
}

/** The body's field `sim`: pace and length of this answer. vLLM does not know it; every proxy passes it on. */
export interface SimFields {
  prefillMs?: number | undefined;
  decodeMs?: number | undefined;
  /** The text ends by itself after this many tokens. */
  tokens?: number | undefined;
}

export type DecodedRequest = { ok: true; request: GenerateRequest } | { ok: false; error: ApiError };

/** The fields that most routes have in common. */
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

/** The model's name in the answer: an adapter's own name; for every name of the model itself, its first name. */
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
