// The bodies of OpenAI's Responses as vLLM writes them: a whole response, and the numbered events of a stream.

import { callsSoFar } from '../answer/script.ts';
import type { AnswerContext, AnswerStream, ChoiceResult, Usage } from './answer.ts';
import { engineDeadEvent, namedEvent } from './event-stream.ts';
import { type Fields, list, number, record, text } from './fields.ts';
import { responsesLogprob } from './logprobs.ts';
import { callItem, messageItem, textPart } from './responses-item.ts';
import { createItemWriter } from './responses-item-stream.ts';

export function wholeResponse(context: AnswerContext, results: readonly ChoiceResult[], usage: Usage): unknown {
  const [result] = results;
  if (!result) throw new TypeError('a response has exactly one choice');
  return responseBody(context, { output: outputOf(context, result), cut: result.finish.reason === 'length', usage });
}

function outputOf(context: AnswerContext, { text: said, produced }: ChoiceResult): unknown[] {
  const { request, createId, tokensOf } = context;
  const script = request.choices[0]?.script;
  if (script?.kind === 'calls')
    return callsSoFar(script.calls, produced).map((call) =>
      callItem(call, { id: createId(), callId: createId(), status: 'completed' }),
    );
  const top = request.logprobs;
  const logprobs = top === undefined ? null : tokensOf(0).map((token, place) => responsesLogprob(token, place, top));
  return [messageItem(createId(), [textPart(said, logprobs)], 'completed')];
}

interface Progress {
  output: readonly unknown[];
  /** Whether the token limit ended it; undefined while it goes on. */
  cut?: boolean | undefined;
  usage?: Usage;
}

function responseBody({ id, created, request }: AnswerContext, { output, cut, usage }: Progress): unknown {
  const { fields } = request;
  const tools = list(fields.tools);
  return {
    id: `resp_${id}`,
    created_at: created,
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    instructions: text(fields.instructions) ?? null,
    metadata: fields.metadata ?? null,
    model: request.model,
    object: 'response',
    output,
    parallel_tool_calls: fields.parallel_tool_calls !== false,
    temperature: number(fields.temperature) ?? 1,
    tool_choice: toolChoiceOf(fields, tools.length > 0),
    tools: tools.map((tool) => toolOf(record(tool))),
    top_p: number(fields.top_p) ?? 1,
    background: false,
    max_output_tokens: request.maxTokens,
    max_tool_calls: number(fields.max_tool_calls) ?? null,
    previous_response_id: null,
    prompt: null,
    reasoning: null,
    service_tier: 'auto',
    status: cut === undefined ? 'in_progress' : cut ? 'incomplete' : 'completed',
    text: textFormat(fields),
    top_logprobs: number(fields.top_logprobs) ?? null,
    truncation: text(fields.truncation) ?? 'disabled',
    usage: usage ? usageOf(usage) : null,
    user: text(fields.user) ?? null,
    presence_penalty: number(fields.presence_penalty) ?? 0,
    frequency_penalty: number(fields.frequency_penalty) ?? 0,
    kv_transfer_params: null,
    ec_transfer_params: null,
    input_messages: null,
    output_messages: null,
  };
}

function toolChoiceOf({ tool_choice: choice }: Fields, tools: boolean): unknown {
  if (choice === undefined || choice === null) return tools ? 'auto' : 'none';
  return typeof choice === 'string' ? choice : { name: record(choice).name, type: 'function' };
}

function toolOf(tool: Fields): unknown {
  return {
    name: tool.name,
    parameters: tool.parameters ?? null,
    strict: tool.strict ?? null,
    type: tool.type ?? 'function',
    allowed_callers: null,
    async: null,
    defer_loading: null,
    description: tool.description ?? null,
    output_schema: null,
  };
}

function textFormat(fields: Fields): unknown {
  const format = record(record(fields.text).format);
  if (fields.text === undefined || fields.text === null) return null;
  if (format.type !== 'json_schema') return { format: format.type ? { type: format.type } : null, verbosity: null };
  const { name, schema, description = null, strict = null } = format;
  return { format: { name, schema, type: 'json_schema', description, strict }, verbosity: null };
}

function usageOf({ promptTokens, completionTokens }: Usage) {
  return {
    input_tokens: promptTokens,
    input_tokens_details: {
      cached_tokens: 0,
      cache_write_tokens: 0,
      input_tokens_per_turn: [],
      cached_tokens_per_turn: [],
    },
    output_tokens: completionTokens,
    output_tokens_details: {
      reasoning_tokens: 0,
      tool_output_tokens: 0,
      output_tokens_per_turn: [],
      tool_output_tokens_per_turn: [],
    },
    total_tokens: promptTokens + completionTokens,
  };
}

export function streamResponse(context: AnswerContext): AnswerStream {
  let sequence = 0;
  const number = () => sequence++;
  const event = (type: string, fields: Fields): string =>
    namedEvent(type, JSON.stringify({ ...fields, sequence_number: number(), type }));
  const items = createItemWriter(context, { event, number });
  let cut = false;
  return {
    begin: () => {
      const response = responseBody(context, { output: [] });
      return event('response.created', { response }) + event('response.in_progress', { response });
    },
    token: (_choice, said) => items.piece(said),
    finish: (_choice, said, finish) => {
      cut = finish.reason === 'length';
      return items.piece(said);
    },
    end: (usage) => {
      const closed = items.close();
      const response = responseBody(context, { output: items.output, cut, usage });
      return closed + event('response.completed', { response });
    },
    failed: () => engineDeadEvent,
  };
}
