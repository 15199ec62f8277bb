// Decodes the fields of a completions request into what to generate, or into vLLM's error.

import { countTokens } from '../engine/count-tokens.ts';
import type { Vocabulary } from '../engine/vocabulary.ts';
import { type ApiError, badRequest } from './api-error.ts';
import { checkLimits } from './check-limits.ts';
import { wrongTypes } from './decode-body.ts';
import { checkStreamOptions } from './decode-chat-request.ts';
import { type Fields, number, record } from './fields.ts';
import {
  checkModel,
  type ChoicePlan,
  commonFields,
  type DecodedRequest,
  echoedModel,
  refuseRequest,
  type ServedModel,
} from './generate-request.ts';
import { checkStructured, responseFormat, structuredScript } from './structured-output.ts';

const defaultMaxTokens = 16;

export function decodeCompletionRequest(fields: Fields, model: ServedModel, vocabulary: Vocabulary): DecodedRequest {
  const prompts = readPrompts(fields.prompt, vocabulary);
  const wrong =
    checkStructured(fields) ??
    checkLogprobsField(fields) ??
    checkStreamOptions(fields) ??
    (prompts.length === 0 ? noPrompt : undefined) ??
    wrongTypes(fields) ??
    checkModel(fields, model);
  if (wrong) return refuseRequest(wrong);
  // The request asks for the prompt alone: vLLM still makes one token, and does not show it.
  const echoAlone = fields.echo === true && fields.max_tokens === 0;
  const asked = echoAlone ? 1 : (number(fields.max_tokens) ?? defaultMaxTokens);
  const counts = prompts.map(countTokens);
  const logprobs = number(fields.logprobs);
  const longest = Math.max(...counts);
  const error = checkLimits(fields, { promptTokens: longest, asked, maxModelLen: model.maxModelLen, logprobs });
  if (error) return refuseRequest(error);
  const choices = prompts.flatMap((prompt) => {
    const plan = planChoice(fields, prompt, echoAlone);
    return Array.from({ length: number(fields.n) ?? 1 }, () => plan);
  });
  const promptTokens = counts.reduce((sum, count) => sum + count, 0);
  const kind = 'completion' as const;
  const common = { ...commonFields(fields), kind, model: echoedModel(fields, model) };
  return { ok: true, request: { ...common, choices, promptTokens, maxTokens: asked, logprobs } };
}

function planChoice(fields: Fields, prompt: string, echoAlone: boolean): ChoicePlan {
  const structured = structuredScript(responseFormat(fields), record(fields.structured_outputs), prompt);
  return {
    prompt,
    script: echoAlone ? { kind: 'text', text: '' } : structured,
    echo: fields.echo === true ? prompt : undefined,
  };
}

const noPrompt = badRequest('Either prompt or prompt_embeds must be provided and non-empty.', { name: 'prompt' });

/** A text, a list of texts, a list of token ids, or a list of such lists; empty when there is none. */
export function readPrompts(prompt: unknown, vocabulary: Vocabulary): string[] {
  if (typeof prompt === 'string') return prompt === '' ? [] : [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0) return [];
  if (prompt.every((one) => typeof one === 'number')) return [vocabulary.textOf(prompt)];
  return prompt.flatMap((one: unknown) => {
    if (typeof one === 'string') return [one];
    return Array.isArray(one) ? [vocabulary.textOf(one.filter((id) => typeof id === 'number'))] : [];
  });
}

function checkLogprobsField(fields: Fields): ApiError | undefined {
  const { logprobs } = fields;
  if (logprobs === undefined || logprobs === null) return undefined;
  const parameter = { name: 'logprobs', value: JSON.stringify(logprobs) };
  if (typeof logprobs !== 'number') return badRequest('`logprobs` must be an integer.', parameter);
  if (logprobs < 0 && logprobs !== -1) return badRequest('`logprobs` must be a positive value or -1.', parameter);
  return undefined;
}
