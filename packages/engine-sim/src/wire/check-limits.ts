// Checks lengths and sampling parameters of a well-formed request, with vLLM's refusals.

import { type ApiError, badRequest } from './api-error.ts';
import { type Fields, number } from './fields.ts';

/** What vLLM's generating routes check last, in its order. */
export function checkLimits(
  fields: Fields,
  { logprobs, ...lengths }: Lengths & { logprobs: number | undefined },
): ApiError | undefined {
  return checkLength(lengths) ?? checkSampling(fields) ?? checkLogprobs(logprobs);
}

export interface Lengths {
  promptTokens: number;
  asked: number | undefined;
  maxModelLen: number;
}

export function checkLength({ promptTokens, asked, maxModelLen }: Lengths): ApiError | undefined {
  if (promptTokens > maxModelLen) return promptTooLong(maxModelLen);
  if (asked === undefined) return undefined;
  const parameter = { name: 'max_tokens', value: asked };
  if (asked < 1) return badRequest(`max_tokens must be at least 1, got ${asked}.`, parameter);
  if (asked > maxModelLen) {
    const text = `max_tokens=${asked} cannot be greater than max_model_len=${maxModelLen}. Please request fewer output tokens.`;
    return badRequest(text, parameter);
  }
  if (promptTokens + asked <= maxModelLen) return undefined;
  const text = `${limitText(maxModelLen)}you requested ${asked} output tokens and your prompt contains at least ${promptTokens} input tokens, for a total of at least ${promptTokens + asked} tokens. Please reduce the length of the input prompt or the number of requested output tokens.`;
  return badRequest(text, { name: 'input_tokens', value: promptTokens });
}

/** vLLM's tokenizer stops counting one token past the limit. */
function promptTooLong(maxModelLen: number): ApiError {
  const least = maxModelLen + 1;
  const text = `${limitText(maxModelLen)}your prompt contains at least ${least} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`;
  return badRequest(text, { name: 'input_tokens', value: least });
}

function limitText(maxModelLen: number): string {
  return `This model's maximum context length is ${maxModelLen} tokens. However, `;
}

/** VLLM_MAX_N_SEQUENCES. */
const maxChoices = 16_384;

function checkSampling(fields: Fields): ApiError | undefined {
  const n = number(fields.n);
  if (n !== undefined && n < 1) return badRequest(`n must be at least 1, got ${n}.`);
  if (n !== undefined && n > maxChoices) return badRequest(`n must be at most ${maxChoices}, got ${n}.`);
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
  if (temperature === 0 && n !== undefined && n > 1)
    return badRequest(`n must be 1 when using greedy sampling, got ${n}.`);
  return undefined;
}

const maxLogprobs = 20;

function checkLogprobs(asked: number | undefined): ApiError | undefined {
  if (asked === undefined || asked <= maxLogprobs) return undefined;
  const text = `Requested sample logprobs of ${asked}, which is greater than max allowed: ${maxLogprobs}`;
  return badRequest(text, { name: 'logprobs', value: asked });
}

export function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
