// Decodes the fields of Anthropic's Messages into what to generate, or into vLLM's error (not yet in Anthropic's shape).

import { pickToolCalls, type ToolChoice } from '../answer/pick-tool-calls.ts';
import { freeText } from '../answer/script.ts';
import { countChatTokens } from '../engine/count-tokens.ts';
import { type ApiError, badRequest, invalidField } from './api-error.ts';
import { checkLimits } from './check-limits.ts';
import { missingFields, notAList, wrongTypes } from './decode-body.ts';
import type { Conversation } from './decode-chat-request.ts';
import { type Fields, list, number, record, text } from './fields.ts';
import {
  checkModel,
  commonFields,
  type DecodedRequest,
  echoedModel,
  refuseRequest,
  type ServedModel,
  stopStrings,
} from './generate-request.ts';
import { structuredScript } from './structured-output.ts';

export function decodeMessagesRequest(fields: Fields, model: ServedModel): DecodedRequest {
  const wrong = checkMessagesSchema(fields, ['model', 'messages', 'max_tokens']) ?? checkModel(fields, model);
  if (wrong) return refuseRequest(wrong);
  const conversation = readMessages(fields, model);
  if ('error' in conversation) return refuseRequest(conversation.error);
  const { prompt, promptTokens, asked, answered } = conversation;
  const maxTokens = number(fields.max_tokens) ?? 1;
  const lengths = { promptTokens, asked: maxTokens, maxModelLen: model.maxModelLen };
  const error = checkLimits(fields, { ...lengths, logprobs: undefined });
  if (error) return refuseRequest(error);
  const tools = list(fields.tools).map((tool) => ({
    name: text(record(tool).name) ?? '',
    parameters: record(tool).input_schema,
  }));
  const choice = decodeChoice(record(fields.tool_choice), model.autoTools);
  const parallel = record(fields.tool_choice).disable_parallel_tool_use !== true;
  const calls = pickToolCalls({ tools, choice, asked, answered, parallel });
  const format = record(record(fields.output_config).format);
  const script = calls === freeText ? structuredScript(format, {}, prompt) : calls;
  return {
    ok: true,
    request: {
      ...commonFields(fields),
      stop: stopStrings(fields.stop_sequences),
      kind: 'messages',
      model: echoedModel(fields, model),
      choices: [{ prompt, script, echo: undefined }],
      promptTokens,
      maxTokens,
      logprobs: undefined,
    },
  };
}

export type CountedTokens = { ok: true; tokens: number } | { ok: false; error: ApiError };

/** `/v1/messages/count_tokens`. */
export function countMessageTokens(fields: Fields, model: ServedModel): CountedTokens {
  const wrong = checkMessagesSchema(fields, ['model', 'messages']) ?? checkModel(fields, model);
  if (wrong) return refuseRequest(wrong);
  const conversation = readMessages(fields, model);
  return 'error' in conversation ? refuseRequest(conversation.error) : { ok: true, tokens: conversation.promptTokens };
}

function checkMessagesSchema(fields: Fields, required: readonly string[]): ApiError | undefined {
  const missing = missingFields(fields, required) ?? wrongTypes(fields);
  if (missing) return missing;
  if (!Array.isArray(fields.messages)) return notAList('messages', fields.messages);
  const asked = number(fields.max_tokens);
  if (asked === undefined || asked > 0) return undefined;
  const why = 'max_tokens must be positive';
  const input = String(asked);
  return invalidField('body.max_tokens', {
    type: 'value_error',
    msg: `Value error, ${why}`,
    input,
    ctx: `ValueError('${why}')`,
  });
}

function decodeChoice(choice: Fields, autoTools: boolean): ToolChoice {
  if (choice.type === 'any') return { kind: 'required' };
  if (choice.type === 'none') return { kind: 'none' };
  if (choice.type === 'tool') return { kind: 'named', name: text(choice.name) ?? '' };
  return { kind: autoTools ? 'auto' : 'none' };
}

function readMessages(fields: Fields, model: ServedModel): Conversation | { error: ApiError } {
  const messages = list(fields.messages).map(record);
  if (messages.length === 0 && fields.system === undefined) return { error: badRequest(emptyConversation) };
  const system = fields.system === undefined ? [] : [blocksText(fields.system)];
  const contents = [...system, ...messages.map((message) => blocksText(message.content))];
  if (contents.includes(undefined)) return { error: badRequest(`${model.names[0]} is not a multimodal model`) };
  const texts = contents.filter((content) => content !== undefined);
  const last = messages.at(-1);
  const answered = list(last?.content).some((block) => record(block).type === 'tool_result');
  const asked = texts[system.length + messages.map(({ role }) => role).lastIndexOf('user')] ?? '';
  return { texts, prompt: texts.join('\n'), promptTokens: countChatTokens(texts), asked, answered };
}

const emptyConversation = 'Cannot apply chat template to an empty conversation. Provide at least one message.';

/** Undefined when a block is no text: pictures and documents. */
function blocksText(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  const parts = list(content).map((one) => blockText(record(one)));
  return parts.every((part) => part !== undefined) ? parts.filter((part) => part !== '').join('\n') : undefined;
}

function blockText(block: Fields): string | undefined {
  switch (block.type) {
    case 'image':
    case 'document':
      return undefined;
    case 'tool_result':
      return blocksText(block.content);
    default:
      return text(block.text) ?? text(block.thinking) ?? '';
  }
}
