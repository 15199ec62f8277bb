// The bodies of Anthropic's Messages as vLLM writes them: a whole message, and the events of a stream.

import { callsSoFar, createCallCursor } from '../answer/script.ts';
import type { Finish } from '../engine/generation.ts';
import { engineDeadText } from './api-error.ts';
import type { AnswerContext, AnswerStream, ChoiceResult, Usage } from './answer.ts';
import { quote } from './answer.ts';
import { namedEvent } from './event-stream.ts';
import { record } from './fields.ts';

export function wholeMessage(context: AnswerContext, results: readonly ChoiceResult[], usage: Usage): unknown {
  const { id, request, createId } = context;
  const [result] = results;
  if (!result) throw new TypeError('a message has exactly one choice');
  const script = request.choices[0]?.script;
  const calls = script?.kind === 'calls' ? callsSoFar(script.calls, result.produced) : [];
  const tools = calls.map((call) => ({
    type: 'tool_use',
    id: `chatcmpl-tool-${createId()}`,
    name: call.name,
    input: readInput(call.arguments),
  }));
  const { reason, sequence } = stopOf(context, result.finish);
  return {
    id: `chatcmpl-${id}`,
    type: 'message',
    role: 'assistant',
    content: tools.length > 0 ? tools : [{ type: 'text', text: result.text }],
    model: request.model,
    stop_reason: reason,
    ...(sequence === null ? {} : { stop_sequence: sequence }),
    usage: usageOf(usage),
  };
}

/** Arguments that a limit has cut are no JSON. */
function readInput(text: string): unknown {
  try {
    return record(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function stopOf({ request }: AnswerContext, finish: Finish): { reason: string; sequence: string | null } {
  if (finish.reason === 'length') return { reason: 'max_tokens', sequence: null };
  if (request.choices[0]?.script.kind === 'calls') return { reason: 'tool_use', sequence: null };
  if (finish.stopReason !== null) return { reason: 'stop_sequence', sequence: finish.stopReason };
  return { reason: 'end_turn', sequence: null };
}

function usageOf({ promptTokens, completionTokens }: Usage) {
  return { input_tokens: promptTokens, output_tokens: completionTokens };
}

export function streamMessage(context: AnswerContext): AnswerStream {
  const { id, request, createId } = context;
  const script = request.choices[0]?.script;
  const calls = script?.kind === 'calls' ? script.calls : [];
  const cursor = createCallCursor(calls);
  let started = false;
  let block = -1;
  let deltaEnd = '';
  let stop = { reason: 'end_turn', sequence: null as string | null };

  const start = (): string => {
    if (started) return '';
    started = true;
    const message = {
      id: `chatcmpl-${id}`,
      type: 'message',
      role: 'assistant',
      content: [],
      model: request.model,
      stop_reason: null,
      stop_sequence: null,
      usage: usageOf({ promptTokens: request.promptTokens, completionTokens: 0 }),
    };
    return namedEvent('message_start', JSON.stringify({ type: 'message_start', message }));
  };
  const closeBlock = (): string => {
    if (block < 0) return '';
    return namedEvent('content_block_stop', `{"type":"content_block_stop","index":${block}}`);
  };
  const openBlock = (content: unknown): string => {
    const before = closeBlock();
    block += 1;
    deltaEnd = `},"index":${block}}\n\n`;
    const data = JSON.stringify({ type: 'content_block_start', content_block: content, index: block });
    return before + namedEvent('content_block_start', data);
  };
  const callPiece = (text: string): string => {
    const { call, begins } = cursor();
    if (!begins) return inputDelta + quote(text) + deltaEnd;
    return openBlock({ type: 'tool_use', id: `chatcmpl-tool-${createId()}`, name: calls[call]?.name, input: {} });
  };
  const piece = (text: string): string => {
    if (calls.length > 0) return start() + callPiece(text);
    if (text === '') return start();
    const opened = block < 0 ? start() + openBlock({ type: 'text', text: '' }) : '';
    return opened + textDelta + quote(text) + deltaEnd;
  };

  return {
    begin: () => '',
    token: (_choice, text) => piece(text),
    finish: (_choice, text, finish) => {
      stop = stopOf(context, finish);
      return piece(text);
    },
    end: (usage) => {
      const delta = { stop_reason: stop.reason, stop_sequence: stop.sequence };
      const data = JSON.stringify({ type: 'message_delta', delta, usage: usageOf(usage) });
      const stopped = namedEvent('message_stop', '{"type":"message_stop"}');
      return closeBlock() + namedEvent('message_delta', data) + stopped;
    },
    failed: () => {
      const error = { type: 'internal_error', message: engineDeadText };
      return namedEvent('error', JSON.stringify({ type: 'error', error }));
    },
  };
}

const delta = 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":';
const textDelta = `${delta}{"type":"text_delta","text":`;
const inputDelta = `${delta}{"type":"input_json_delta","partial_json":`;
