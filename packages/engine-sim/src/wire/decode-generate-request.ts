// Bytes of a chat (or /invocations) request → what to generate, or the error that vLLM would answer.

import { countChatTokens, countTokens } from '../engine/count-tokens.ts';
import { type ApiError, badRequest, invalidField, modelNotFound, unsupportedMediaType } from './api-error.ts';
import { pythonJsonError } from './python-json-error.ts';

export interface ServedModel {
  /** The first one is echoed in answers. */
  names: readonly string[];
  maxModelLen: number;
}

export interface GenerateRequest {
  kind: 'chat' | 'completion';
  prompt: string;
  promptTokens: number;
  n: number;
  maxTokens: number;
  minTokens: number;
  ignoreEos: boolean;
  stop: readonly string[];
  includeStop: boolean;
  seed: number | undefined;
  stream: boolean;
  includeUsage: boolean;
  continuousUsage: boolean;
  sim: SimFields;
}

/** The body's own field `sim`, unknown to vLLM, that every proxy passes on: pace and length of this one answer. */
export interface SimFields {
  prefillMs?: number | undefined;
  decodeMs?: number | undefined;
  /** The text ends by itself after this many tokens. */
  tokens?: number | undefined;
}

export type Decoded = { ok: true; request: GenerateRequest } | { ok: false; error: ApiError };

type Fields = Record<string, unknown>;

/** Checks in vLLM's order: JSON, schema, model, conversation, length, sampling parameters. */
export function decodeGenerateRequest(contentType: string | undefined, text: string, model: ServedModel): Decoded {
  const body = decodeBody(contentType, text);
  if ('error' in body) return { ok: false, error: body.error };
  const { fields } = body;
  const prompt = decodePrompt(fields, model);
  if ('error' in prompt) return { ok: false, error: prompt.error };
  const error = checkLength(fields, prompt.tokens, model) ?? checkSampling(fields);
  if (error) return { ok: false, error };
  const streamOptions = record(fields.stream_options);
  const room = model.maxModelLen - prompt.tokens;
  return {
    ok: true,
    request: {
      kind: prompt.kind,
      prompt: prompt.text,
      promptTokens: prompt.tokens,
      n: number(fields.n) ?? 1,
      maxTokens: askedTokens(fields) ?? Math.max(1, room),
      minTokens: number(fields.min_tokens) ?? 0,
      ignoreEos: fields.ignore_eos === true,
      stop: stopStrings(fields.stop),
      includeStop: fields.include_stop_str_in_output === true,
      seed: number(fields.seed),
      stream: fields.stream === true,
      includeUsage: streamOptions.include_usage === true,
      continuousUsage: streamOptions.include_usage === true && streamOptions.continuous_usage_stats === true,
      sim: decodeSim(record(fields.sim)),
    },
  };
}

function decodeBody(contentType: string | undefined, text: string): { fields: Fields } | { error: ApiError } {
  if ((contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
    return { error: unsupportedMediaType() };
  if (text === '') return { error: invalidField('body', { type: 'missing', msg: 'Field required', input: 'None' }) };
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return { fields: value };
    const input = Array.isArray(value) ? `<list of ${value.length} items>` : String(value);
    const msg = 'Input should be a valid dictionary';
    return { error: invalidField('body', { type: 'dict_type', msg, input }) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { position, reason } = pythonJsonError(text);
    const detail = { type: 'json_invalid', msg: 'JSON decode error', input: '<dict of 0 items>', ctx: reason };
    return { error: invalidField(`body.${position}`, detail) };
  }
}

type Prompt = { kind: 'chat' | 'completion'; text: string; tokens: number };

function decodePrompt(fields: Fields, model: ServedModel): Prompt | { error: ApiError } {
  const { messages, prompt } = fields;
  if (messages === undefined && typeof prompt === 'string')
    return checkModel(fields, model) ?? { kind: 'completion', text: prompt, tokens: countTokens(prompt) };
  if (!Array.isArray(messages)) {
    const input = messages === undefined ? `<dict of ${Object.keys(fields).length} items>` : JSON.stringify(messages);
    const error = messages === undefined ? { type: 'missing', msg: 'Field required' } : notAList;
    return { error: invalidField('body.messages', { ...error, input }) };
  }
  const wrongModel = checkModel(fields, model);
  if (wrongModel) return wrongModel;
  if (messages.length === 0) return { error: badRequest(emptyConversation) };
  const contents = messages.map((message) => contentText(record(message).content));
  if (contents.includes(undefined)) return { error: badRequest(`${model.names[0]} is not a multimodal model`) };
  const texts = contents.filter((content) => content !== undefined);
  return { kind: 'chat', text: texts.join('\n'), tokens: countChatTokens(texts) };
}

const notAList = { type: 'list_type', msg: 'Input should be a valid list' };
const emptyConversation = 'Cannot apply chat template to an empty conversation. Provide at least one message.';

/** A request without `model` is served. */
function checkModel(fields: Fields, { names }: ServedModel): { error: ApiError } | undefined {
  const { model } = fields;
  if (typeof model !== 'string' || names.includes(model)) return undefined;
  return { error: modelNotFound(model, names) };
}

/** Text of a message's content; undefined when it holds anything but text. */
function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const parts = content.map((part) => (typeof part === 'string' ? part : record(part).text));
  return parts.every((part) => typeof part === 'string') ? parts.join('\n') : undefined;
}

function checkLength(fields: Fields, promptTokens: number, { maxModelLen }: ServedModel): ApiError | undefined {
  const limit = `This model's maximum context length is ${maxModelLen} tokens. However, `;
  if (promptTokens > maxModelLen) {
    // The real tokenizer stops counting one past the limit.
    const least = maxModelLen + 1;
    const text = `${limit}your prompt contains at least ${least} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`;
    return badRequest(text, { name: 'input_tokens', value: least });
  }
  const asked = askedTokens(fields);
  if (asked === undefined) return undefined;
  const parameter = { name: 'max_tokens', value: asked };
  if (asked < 1) return badRequest(`max_tokens must be at least 1, got ${asked}.`, parameter);
  if (asked > maxModelLen) {
    const text = `max_tokens=${asked} cannot be greater than max_model_len=${maxModelLen}. Please request fewer output tokens.`;
    return badRequest(text, parameter);
  }
  if (promptTokens + asked <= maxModelLen) return undefined;
  const text = `${limit}you requested ${asked} output tokens and your prompt contains at least ${promptTokens} input tokens, for a total of at least ${promptTokens + asked} tokens. Please reduce the length of the input prompt or the number of requested output tokens.`;
  return badRequest(text, { name: 'input_tokens', value: promptTokens });
}

function checkSampling(fields: Fields): ApiError | undefined {
  const temperature = number(fields.temperature);
  if (temperature !== undefined && temperature < 0) {
    const value = pythonFloat(temperature);
    return badRequest(`temperature must be non-negative, got ${value}.`, { name: 'temperature', value });
  }
  const topP = number(fields.top_p);
  if (topP !== undefined && (topP <= 0 || topP > 1)) {
    const value = pythonFloat(topP);
    return badRequest(`top_p must be in (0, 1], got ${value}.`, { name: 'top_p', value });
  }
  const n = number(fields.n);
  if (n !== undefined && n < 1) return badRequest(`n must be at least 1, got ${n}.`, { name: 'n', value: n });
  if (n !== undefined && n > maxChoices)
    return badRequest(`n must be at most ${maxChoices}, got ${n}.`, { name: 'n', value: n });
  return undefined;
}

/** VLLM_MAX_N_SEQUENCES. */
const maxChoices = 16_384;

function askedTokens(fields: Fields): number | undefined {
  return number(fields.max_completion_tokens) ?? number(fields.max_tokens);
}

function stopStrings(stop: unknown): string[] {
  const list = Array.isArray(stop) ? stop : [stop];
  return list.filter((text) => typeof text === 'string' && text !== '');
}

function decodeSim(fields: Fields): SimFields {
  return {
    prefillMs: number(fields.prefill_ms),
    decodeMs: number(fields.decode_ms),
    tokens: number(fields.tokens),
  };
}

function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function record(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
