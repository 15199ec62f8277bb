// Decodes the fields of OpenAI's Responses into what to generate, or into vLLM's error. Stores nothing.

import { pickToolCalls } from '../answer/pick-tool-calls.ts';
import { freeText } from '../answer/script.ts';
import { countChatTokens } from '../engine/count-tokens.ts';
import { type ApiError, badRequest, invalidRequest, responseNotFound } from './api-error.ts';
import { checkLimits } from './check-limits.ts';
import { missingFields, wrongTypes } from './decode-body.ts';
import type { Conversation } from './decode-chat-request.ts';
import { decodeToolChoice, functionOf } from './decode-tools.ts';
import { type Fields, list, number, record, text } from './fields.ts';
import {
  checkModel,
  commonFields,
  type DecodedRequest,
  echoedModel,
  refuseRequest,
  type ServedModel,
} from './generate-request.ts';
import { structuredScript } from './structured-output.ts';

export function decodeResponsesRequest(fields: Fields, model: ServedModel): DecodedRequest {
  const wrong = missingInput(fields) ?? wrongTypes(fields) ?? checkModel(fields, model) ?? checkStore(fields);
  if (wrong) return refuseRequest(wrong);
  const conversation = readInput(fields, model);
  if ('error' in conversation) return refuseRequest(conversation.error);
  const { prompt, promptTokens, asked, answered } = conversation;
  const limit = number(fields.max_output_tokens);
  const wanted = list(fields.include).includes('message.output_text.logprobs');
  const logprobs = wanted ? (number(fields.top_logprobs) ?? 0) : undefined;
  const error = checkLimits(fields, { promptTokens, asked: limit, maxModelLen: model.maxModelLen, logprobs });
  if (error) return refuseRequest(error);
  const tools = list(fields.tools).map((tool) => functionOf(record(tool)));
  const choice = decodeToolChoice(fields.tool_choice, model.autoTools);
  const parallel = fields.parallel_tool_calls !== false;
  const calls = pickToolCalls({ tools, choice, asked, answered, parallel });
  const format = record(record(fields.text).format);
  const script = calls === freeText ? structuredScript(format, record(fields.structured_outputs), prompt) : calls;
  return {
    ok: true,
    request: {
      ...commonFields(fields),
      kind: 'responses',
      model: echoedModel(fields, model),
      choices: [{ prompt, script, echo: undefined }],
      promptTokens,
      maxTokens: limit ?? Math.max(1, model.maxModelLen - promptTokens),
      logprobs,
    },
  };
}

/** A validator of vLLM's adds a field before pydantic counts them. */
function missingInput(fields: Fields): ApiError | undefined {
  return fields.input === undefined ? missingFields({ ...fields, request_id: '' }, ['input']) : undefined;
}

function checkStore(fields: Fields): ApiError | undefined {
  if (fields.background === true)
    return invalidRequest(
      'This vLLM engine does not support `store=True` and therefore does not support the background mode. To enable these features, set the environment variable `VLLM_ENABLE_RESPONSES_API_STORE=1` when launching the vLLM server.',
      'background',
    );
  const previous = text(fields.previous_response_id);
  return previous === undefined ? undefined : responseNotFound(previous);
}

function readInput(fields: Fields, model: ServedModel): Conversation | { error: ApiError } {
  const { input } = fields;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : list(input).map(record);
  const instructions = text(fields.instructions);
  const before = instructions === undefined ? [] : [instructions];
  const contents = [...before, ...items.map(itemText)];
  if (contents.includes(undefined)) return { error: badRequest(`${model.names[0]} is not a multimodal model`) };
  const texts = contents.filter((content) => content !== undefined);
  const asked = texts[before.length + items.map(({ role }) => role).lastIndexOf('user')] ?? '';
  const answered = record(items.at(-1)).type === 'function_call_output';
  return { texts, prompt: texts.join('\n'), promptTokens: countChatTokens(texts) + generationPrompt, asked, answered };
}

/** As recorded: `hi` counts 4 where chat's template counts 3. */
const generationPrompt = 1;

/** Undefined if the input holds a picture or a file. */
function itemText(item: Fields): string | undefined {
  const { content, output } = item;
  if (typeof content === 'string') return content;
  if (typeof output === 'string') return output;
  const parts = list(content ?? output).map((part) => text(record(part).text));
  return parts.every((part) => part !== undefined) ? parts.join('\n') : undefined;
}
