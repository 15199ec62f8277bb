// Decodes the fields of a chat request into what to generate, or into vLLM's error.

import { pickToolCalls } from '../answer/pick-tool-calls.ts';
import { freeText, type Script } from '../answer/script.ts';
import { countChatTokens } from '../engine/count-tokens.ts';
import { type ApiError, badRequest } from './api-error.ts';
import { checkLimits } from './check-limits.ts';
import { missingFields, notAList, wrongTypes } from './decode-body.ts';
import { checkTools, decodeChatTools } from './decode-tools.ts';
import { type Fields, number, record, text } from './fields.ts';
import {
  checkModel,
  commonFields,
  type DecodedRequest,
  echoedModel,
  refuseRequest,
  type ServedModel,
} from './generate-request.ts';
import { checkStructured, responseFormat, structuredScript } from './structured-output.ts';

/** Checks in vLLM's order: schema, model, conversation, length, sampling parameters. */
export function decodeChatRequest(fields: Fields, model: ServedModel): DecodedRequest {
  const wrong = checkChatSchema(fields) ?? checkModel(fields, model);
  if (wrong) return refuseRequest(wrong);
  const conversation = readConversation(fields.messages as unknown[], model);
  if ('error' in conversation) return refuseRequest(conversation.error);
  const { prompt, promptTokens } = conversation;
  const asked = askedTokens(fields);
  const logprobs = fields.logprobs === true ? (number(fields.top_logprobs) ?? 0) : undefined;
  const error = checkLimits(fields, { promptTokens, asked, maxModelLen: model.maxModelLen, logprobs });
  if (error) return refuseRequest(error);
  const script = chatScript(fields, conversation, model);
  const choice = { prompt, script, echo: undefined };
  return {
    ok: true,
    request: {
      ...commonFields(fields),
      kind: 'chat',
      model: echoedModel(fields, model),
      choices: Array.from({ length: number(fields.n) ?? 1 }, () => choice),
      promptTokens,
      maxTokens: asked ?? Math.max(1, model.maxModelLen - promptTokens),
      logprobs,
    },
  };
}

export interface Conversation {
  texts: readonly string[];
  prompt: string;
  promptTokens: number;
  /** The text of the user's last message. */
  asked: string;
  /** Whether the conversation ends with a tool's result. */
  answered: boolean;
}

function chatScript(fields: Fields, { prompt, asked, answered }: Conversation, model: ServedModel): Script {
  const { tools, choice } = decodeChatTools(fields, model.autoTools);
  const parallel = fields.parallel_tool_calls !== false;
  const calls = pickToolCalls({ tools, choice, asked, answered, parallel });
  if (calls !== freeText) return calls;
  return structuredScript(responseFormat(fields), record(fields.structured_outputs), prompt);
}

function checkChatSchema(fields: Fields): ApiError | undefined {
  const { messages } = fields;
  const before =
    checkStreamOptions(fields) ?? checkTopLogprobs(fields) ?? checkStructured(fields) ?? checkTools(fields);
  if (before) return before;
  if (messages === undefined) return missingFields(fields, ['messages']);
  if (!Array.isArray(messages)) return notAList('messages', messages);
  return wrongTypes(fields);
}

export function checkStreamOptions(fields: Fields): ApiError | undefined {
  if (!fields.stream_options || fields.stream) return undefined;
  return badRequest('Stream options can only be defined when `stream=True`.', { name: 'stream_options' });
}

function checkTopLogprobs(fields: Fields): ApiError | undefined {
  const top = number(fields.top_logprobs);
  if (top === undefined) return undefined;
  if (top < 0 && top !== -1)
    return badRequest('`top_logprobs` must be a positive value or -1.', { name: 'top_logprobs', value: top });
  if (top === 0 || fields.logprobs) return undefined;
  return badRequest('when using `top_logprobs`, `logprobs` must be set to true.', { name: 'top_logprobs' });
}

const emptyConversation = 'Cannot apply chat template to an empty conversation. Provide at least one message.';

export function readConversation(messages: readonly unknown[], model: ServedModel): Conversation | { error: ApiError } {
  if (messages.length === 0) return { error: badRequest(emptyConversation) };
  const contents = messages.map((message) => contentText(record(message).content));
  if (contents.includes(undefined)) return { error: badRequest(`${model.names[0]} is not a multimodal model`) };
  const texts = contents.filter((content) => content !== undefined);
  const roles = messages.map((message) => record(message).role);
  return {
    texts,
    prompt: texts.join('\n'),
    promptTokens: countChatTokens(texts),
    asked: texts[roles.lastIndexOf('user')] ?? '',
    answered: roles.at(-1) === 'tool',
  };
}

/** Text of a message's content; undefined when it holds anything but text. */
function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const parts = content.map((part) => text(part) ?? text(record(part).text) ?? text(record(part).refusal));
  return parts.every((part) => part !== undefined) ? parts.join('\n') : undefined;
}

function askedTokens(fields: Fields): number | undefined {
  return number(fields.max_completion_tokens) ?? number(fields.max_tokens);
}
