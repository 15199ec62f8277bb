// The bodies of Anthropic's Messages as vLLM writes them: a whole message, and the events of a stream.

import { type CallPlace, callsSoFar, createCallCursor, type ToolCall } from '../answer/script.ts';
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

/** Arguments as an object. Arguments that the token limit has cut are no JSON. */
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
  return new MessageStream(context);
}

class MessageStream implements AnswerStream {
  readonly #context: AnswerContext;
  readonly #calls: readonly ToolCall[];
  readonly #place: () => CallPlace;
  #started = false;
  /** The index of the open content block. */
  #block = -1;
  /** The end of a delta of the open block. */
  #deltaEnd = '';
  #stop = { reason: 'end_turn', sequence: null as string | null };

  constructor(context: AnswerContext) {
    const script = context.request.choices[0]?.script;
    this.#context = context;
    this.#calls = script?.kind === 'calls' ? script.calls : [];
    this.#place = createCallCursor(this.#calls);
  }

  begin(): string {
    return '';
  }

  token(_choice: number, text: string): string {
    if (this.#calls.length > 0) return this.#start() + this.#callPiece(text);
    if (text === '') return this.#start();
    const opened = this.#block < 0 ? this.#start() + this.#openBlock({ type: 'text', text: '' }) : '';
    return opened + textDelta + quote(text) + this.#deltaEnd;
  }

  finish(choice: number, text: string, finish: Finish): string {
    this.#stop = stopOf(this.#context, finish);
    return this.token(choice, text);
  }

  end(usage: Usage): string {
    const { reason, sequence } = this.#stop;
    const delta = { stop_reason: reason, stop_sequence: sequence };
    const data = JSON.stringify({ type: 'message_delta', delta, usage: usageOf(usage) });
    const stopped = namedEvent('message_stop', '{"type":"message_stop"}');
    return this.#closeBlock() + namedEvent('message_delta', data) + stopped;
  }

  failed(): string {
    const error = { type: 'internal_error', message: engineDeadText };
    return namedEvent('error', JSON.stringify({ type: 'error', error }));
  }

  #start(): string {
    if (this.#started) return '';
    this.#started = true;
    const { id, request } = this.#context;
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
  }

  #callPiece(text: string): string {
    const { call, begins } = this.#place();
    if (!begins) return inputDelta + quote(text) + this.#deltaEnd;
    const id = `chatcmpl-tool-${this.#context.createId()}`;
    return this.#openBlock({ type: 'tool_use', id, name: this.#calls[call]?.name, input: {} });
  }

  #openBlock(content: unknown): string {
    const before = this.#closeBlock();
    this.#block += 1;
    this.#deltaEnd = `},"index":${this.#block}}\n\n`;
    const data = JSON.stringify({ type: 'content_block_start', content_block: content, index: this.#block });
    return before + namedEvent('content_block_start', data);
  }

  #closeBlock(): string {
    if (this.#block < 0) return '';
    return namedEvent('content_block_stop', `{"type":"content_block_stop","index":${this.#block}}`);
  }
}

const delta = 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":';
const textDelta = `${delta}{"type":"text_delta","text":`;
const inputDelta = `${delta}{"type":"input_json_delta","partial_json":`;
