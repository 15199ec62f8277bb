// The bodies of chat: one object for a whole answer, chunks for a stream. The fields are in vLLM's order, as recorded in golden/.

import { callsSoFar, createCallCursor, type ToolCall } from '../answer/script.ts';
import type { Finish } from '../engine/generation.ts';
import {
  type AnswerContext,
  type AnswerStream,
  type ChoiceResult,
  endsByItself,
  quote,
  type Usage,
  usageFields,
} from './answer.ts';
import { ChunkFrame, wholeAnswer } from './choices-answer.ts';
import { chatLogprob } from './logprobs.ts';

export function wholeChat(context: AnswerContext, results: readonly ChoiceResult[], usage: Usage): unknown {
  const choices = results.map((result, index) => wholeChoice(context, result, index));
  const more = { prompt_logprobs: null, prompt_token_ids: null, prompt_text: null };
  return wholeAnswer(context, { id: `chatcmpl-${context.id}`, object: 'chat.completion' }, { choices, usage, more });
}

function wholeChoice(context: AnswerContext, { text, produced, finish }: ChoiceResult, index: number): unknown {
  const { request, tokensOf } = context;
  const script = request.choices[index]?.script;
  const calls = script?.kind === 'calls' ? callsSoFar(script.calls, produced) : [];
  const none = { refusal: null, annotations: null, audio: null, function_call: null };
  const content = calls.length === 0 ? text : script?.kind === 'calls' && script.by === 'auto' ? null : '';
  const called = calls.length > 0 ? { tool_calls: calls.map((call) => wholeCall(call, context.createId())) } : {};
  const top = request.logprobs;
  const logprobs =
    top === undefined ? null : { content: tokensOf(index).map((token, place) => chatLogprob(token, place, top)) };
  const end = { finish_reason: finishReason(context, index, finish), stop_reason: finish.stopReason };
  const message = { role: 'assistant', content, ...none, ...called, reasoning: null };
  return { index, message, logprobs, ...end, token_ids: null, routed_experts: null };
}

function wholeCall(call: ToolCall, id: string): unknown {
  return { id: `chatcmpl-tool-${id}`, type: 'function', function: { name: call.name, arguments: call.arguments } };
}

/** `tool_calls` for calls that the model chose or had to make; `stop` for a function that the client named. */
function finishReason({ request }: AnswerContext, choice: number, finish: Finish): string {
  const script = request.choices[choice]?.script;
  return script?.kind === 'calls' && script.by !== 'named' && finish.reason === 'stop' ? 'tool_calls' : finish.reason;
}

export function streamChat(context: AnswerContext): AnswerStream {
  return new ChatStream(context);
}

class ChatStream implements AnswerStream {
  readonly #context: AnswerContext;
  readonly #frame: ChunkFrame;
  readonly #start: string;
  readonly #given: number[];
  readonly #calls: ReadonlyArray<((text: string) => string) | undefined>;
  /** Of a token's event, when it is only text: what stands before and after it. The stream's hottest path. */
  readonly #plain: ReadonlyArray<{ before: string; after: string } | undefined>;
  #completionTokens = 0;

  constructor(context: AnswerContext) {
    const { id, request, createId } = context;
    const { choices, continuousUsage, logprobs } = request;
    this.#context = context;
    this.#frame = new ChunkFrame(context, { id: `chatcmpl-${id}`, object: 'chat.completion.chunk' });
    this.#start = this.#frame.start;
    this.#given = choices.map(() => 0);
    this.#calls = choices.map(({ script }) => callWriter(script, createId));
    const bare = !continuousUsage && logprobs === undefined;
    const after = '},"logprobs":null,"finish_reason":null,"token_ids":null}]}\n\n';
    this.#plain = choices.map(({ script }, choice) =>
      bare && script.kind !== 'calls'
        ? { before: `${this.#start}{"index":${choice},"delta":{"content":`, after }
        : undefined,
    );
  }

  begin(): string {
    return '';
  }

  token(choice: number, text: string): string {
    const opening = this.#count(choice);
    const plain = this.#plain[choice];
    if (plain && text !== '') return opening + plain.before + quote(text) + plain.after;
    return opening + this.#event(choice, text);
  }

  finish(choice: number, text: string, finish: Finish): string {
    const opening = this.#count(choice);
    const apart = this.#calls[choice] !== undefined || (endsByItself(finish) && text !== '');
    const before = opening + (apart ? this.#event(choice, text) : '');
    const last = this.#frame.endChoice();
    const delta = apart || text === '' ? '{}' : `{"content":${quote(text)}}`;
    const reason = finishReason(this.#context, choice, finish);
    const end = `"finish_reason":"${reason}","stop_reason":${JSON.stringify(finish.stopReason)}`;
    const logprobs = apart ? 'null' : this.#logprobs(choice);
    return `${before}${this.#start}{"index":${choice},"delta":${delta},"logprobs":${logprobs},${end},"token_ids":null}${this.#closing()}${last}}\n\n`;
  }

  end(usage: Usage): string {
    return this.#frame.end(usage);
  }

  failed(): string {
    return this.#frame.failed();
  }

  /** Counts a token and returns the text that has to precede its event. */
  #count(choice: number): string {
    const first = this.#given[choice] === 0;
    const opening = first
      ? `${this.#start}{"index":${choice},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}${this.#closing()},"prompt_token_ids":null,"prompt_text":null}\n\n`
      : '';
    this.#given[choice] = (this.#given[choice] ?? 0) + 1;
    this.#completionTokens += 1;
    return opening;
  }

  #event(choice: number, text: string): string {
    const call = this.#calls[choice];
    const { logprobs: top } = this.#context.request;
    if (text === '' && !call && top === undefined) return '';
    const delta = call ? call(text) : text === '' ? '{}' : `{"content":${quote(text)}}`;
    const logprobs = call ? 'null' : this.#logprobs(choice);
    return `${this.#start}{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":null,"token_ids":null}${this.#closing()}}\n\n`;
  }

  /** The log probabilities of the token that was counted last. */
  #logprobs(choice: number): string {
    const { request, tokensOf } = this.#context;
    if (request.logprobs === undefined) return 'null';
    const place = (this.#given[choice] ?? 0) - 1;
    return `{"content":[${JSON.stringify(chatLogprob(tokensOf(choice)[place] ?? '', place, request.logprobs))}]}`;
  }

  #closing(): string {
    const { continuousUsage, promptTokens } = this.#context.request;
    if (!continuousUsage) return ']';
    return `],"usage":${continuous({ promptTokens, completionTokens: this.#completionTokens })}`;
  }
}

/** Undefined for text; else a function that returns the delta of each next token: first the name, then pieces of the arguments. */
function callWriter(
  script: AnswerContext['request']['choices'][number]['script'],
  createId: () => string,
): ((text: string) => string) | undefined {
  if (script.kind !== 'calls') return undefined;
  const { calls } = script;
  const next = createCallCursor(calls);
  return (text) => {
    const { call: index, begins } = next();
    const name = { id: `chatcmpl-tool-${createId()}`, type: 'function', index, function: { name: calls[index]?.name } };
    const call = begins ? name : { index, function: { arguments: text } };
    return JSON.stringify({ content: null, tool_calls: [call] });
  };
}

function continuous(usage: Usage): string {
  return JSON.stringify({ ...usageFields(usage), completion_tokens_details: null });
}
