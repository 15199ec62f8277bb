// The bodies of chat: one object for a whole answer, chunks for a stream. Field order is vLLM's; golden/ holds what was
// recorded.

import { callsSoFar, createCallCursor, type ToolCall } from '../answer/script.ts';
import type { Finish } from '../engine/generation.ts';
import { systemFingerprint } from '../vllm-version.ts';
import {
  type AnswerContext,
  type AnswerStream,
  type ChoiceResult,
  endsByItself,
  quote,
  type Usage,
  usageFields,
  usageWithDetails,
} from './answer.ts';
import { doneEvent, engineDeadEvent } from './event-stream.ts';
import { chatLogprob } from './logprobs.ts';

export function wholeChat(context: AnswerContext, results: readonly ChoiceResult[], usage: Usage): unknown {
  const { id, created, request } = context;
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created,
    model: request.model,
    choices: results.map((result, index) => wholeChoice(context, result, index)),
    service_tier: null,
    system_fingerprint: systemFingerprint,
    usage: usageWithDetails(usage),
    prompt_logprobs: null,
    prompt_token_ids: null,
    prompt_text: null,
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
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

/** `tool_calls` for those that the model chose or had to make, `stop` for a function that the client named. */
function finishReason({ request }: AnswerContext, choice: number, finish: Finish): string {
  const script = request.choices[choice]?.script;
  return script?.kind === 'calls' && script.by !== 'named' && finish.reason === 'stop' ? 'tool_calls' : finish.reason;
}

export function streamChat(context: AnswerContext): AnswerStream {
  const { request } = context;
  const { continuousUsage, includeUsage, promptTokens, logprobs: top } = request;
  const { id, created } = context;
  const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model: request.model };
  const start = `data: ${JSON.stringify(head).slice(0, -1)},"choices":[`;
  const fingerprint = `,"system_fingerprint":${JSON.stringify(systemFingerprint)}`;
  const given = request.choices.map(() => 0);
  const cursors = request.choices.map(({ script }) => callWriter(script, context.createId));
  let completionTokens = 0;
  let ended = 0;

  const closing = () => (continuousUsage ? `],"usage":${continuous({ promptTokens, completionTokens })}` : ']');
  const opening = (choice: number) =>
    `${start}{"index":${choice},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}${openingUsage()},"prompt_token_ids":null,"prompt_text":null}\n\n`;
  const openingUsage = () => (continuousUsage ? `],"usage":${continuous({ promptTokens, completionTokens: 0 })}` : ']');
  const logprobsOf = (choice: number) => {
    if (top === undefined) return 'null';
    const place = (given[choice] ?? 0) - 1;
    const token = context.tokensOf(choice)[place] ?? '';
    return `{"content":[${JSON.stringify(chatLogprob(token, place, top))}]}`;
  };
  const event = (choice: number, delta: string, logprobs: string) =>
    `${start}{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":null,"token_ids":null}${closing()}}\n\n`;

  /** Counts a token and says what has to come before its event. */
  const count = (choice: number): string => {
    const first = given[choice] === 0;
    given[choice] = (given[choice] ?? 0) + 1;
    completionTokens += 1;
    return first ? opening(choice) : '';
  };
  const shown = (choice: number, text: string): string => {
    const call = cursors[choice];
    if (call) return event(choice, call(text), 'null');
    if (text === '') return top === undefined ? '' : event(choice, '{}', logprobsOf(choice));
    return event(choice, `{"content":${quote(text)}}`, logprobsOf(choice));
  };

  return {
    begin: () => '',
    token: (choice, text) => count(choice) + shown(choice, text),
    finish: (choice, text, finish) => {
      ended += 1;
      const before = count(choice);
      const apart = cursors[choice] !== undefined || (endsByItself(finish) && text !== '');
      const last = ended === request.choices.length && !includeUsage ? fingerprint : '';
      const delta = apart || text === '' ? '{}' : `{"content":${quote(text)}}`;
      const reason = finishReason(context, choice, finish);
      const end = `"finish_reason":"${reason}","stop_reason":${JSON.stringify(finish.stopReason)}`;
      const logprobs = apart ? 'null' : logprobsOf(choice);
      return `${before}${apart ? shown(choice, text) : ''}${start}{"index":${choice},"delta":${delta},"logprobs":${logprobs},${end},"token_ids":null}${closing()}${last}}\n\n`;
    },
    end: (usage) =>
      includeUsage
        ? `${start}],"usage":${JSON.stringify(usageFields(usage))}${fingerprint}}\n\n${doneEvent}`
        : doneEvent,
    failed: () => engineDeadEvent + doneEvent,
  };
}

/** Undefined for text; else gives the delta of each next token: the name first, then the arguments piece by piece. */
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
