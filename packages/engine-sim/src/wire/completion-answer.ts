// The bodies of text completions: one object for a whole answer, chunks for a stream.

import { splitTokens } from '../engine/count-tokens.ts';
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
import { completionLogprobs } from './logprobs.ts';

export function wholeCompletion(context: AnswerContext, results: readonly ChoiceResult[], usage: Usage): unknown {
  const { id, created, request } = context;
  return {
    id: `cmpl-${id}`,
    object: 'text_completion',
    created,
    model: request.model,
    choices: results.map((result, index) => wholeChoice(context, result, index)),
    service_tier: null,
    system_fingerprint: systemFingerprint,
    usage: usageWithDetails(usage),
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
}

function wholeChoice(context: AnswerContext, { text, finish }: ChoiceResult, index: number): unknown {
  const echo = context.request.choices[index]?.echo ?? '';
  return {
    index,
    text: echo + text,
    logprobs: logprobsFrom(context, index, 0),
    finish_reason: finish.reason,
    stop_reason: finish.stopReason,
    token_ids: null,
    prompt_logprobs: null,
    prompt_token_ids: null,
    routed_experts: null,
  };
}

/** Of the choice's tokens from this one on, the echoed prompt's among them; null where nobody asked. */
function logprobsFrom({ request, tokensOf }: AnswerContext, choice: number, from: number): unknown {
  const top = request.logprobs;
  if (top === undefined) return null;
  const { echo } = request.choices[choice] ?? {};
  const prompt = echo === undefined ? [] : splitTokens(echo);
  const skip = from === 0 ? 0 : from + prompt.length;
  return completionLogprobs([...prompt, ...tokensOf(choice)], { from: skip, top, echoed: echo !== undefined });
}

export function streamCompletion(context: AnswerContext): AnswerStream {
  const { id, created, request, vocabulary } = context;
  const { continuousUsage, includeUsage, promptTokens, logprobs: top } = request;
  const head = { id: `cmpl-${id}`, object: 'text_completion', created, model: request.model };
  const start = `data: ${JSON.stringify(head).slice(0, -1)},"choices":[`;
  const fingerprint = `,"system_fingerprint":${JSON.stringify(systemFingerprint)}`;
  const given = request.choices.map(() => 0);
  let completionTokens = 0;
  let ended = 0;

  const closing = () =>
    continuousUsage ? `],"usage":${JSON.stringify(usageFields({ promptTokens, completionTokens }))}` : ']';
  const event = (choice: number, text: string, end: string) => {
    const logprobs = top === undefined ? 'null' : JSON.stringify(logprobsFrom(context, choice, given[choice] ?? 0));
    return `${start}{"index":${choice},"text":${text},"logprobs":${logprobs},${end}`;
  };
  /** Text and prompt ids of the next event: an echoed prompt comes with the first token. */
  const next = (choice: number, text: string, end: string, last: string): string => {
    const { echo } = request.choices[choice] ?? {};
    const echoes = given[choice] === 0 && echo !== undefined;
    const ids = echoes ? JSON.stringify(vocabulary.idsOf(echo)) : 'null';
    const begun = event(choice, echoes ? JSON.stringify(echo + text) : quote(text), end);
    given[choice] = (given[choice] ?? 0) + 1;
    completionTokens += 1;
    return `${begun},"prompt_token_ids":${ids},"token_ids":null}${closing()}${last}}\n\n`;
  };
  const going = '"finish_reason":null,"stop_reason":null';

  return {
    begin: () => '',
    token: (choice, text) => next(choice, text, going, ''),
    finish: (choice, text, finish) => {
      ended += 1;
      const last = ended === request.choices.length && !includeUsage ? fingerprint : '';
      const end = `"finish_reason":"${finish.reason}","stop_reason":${JSON.stringify(finish.stopReason)}`;
      if (!endsByItself(finish) || text === '') return next(choice, text, end, last);
      const before = next(choice, text, going, '');
      return `${before}${start}{"index":${choice},"text":"","logprobs":null,${end},"prompt_token_ids":null,"token_ids":null}${closing()}${last}}\n\n`;
    },
    end: (usage) =>
      includeUsage
        ? `${start}],"usage":${JSON.stringify(usageFields(usage))}${fingerprint}}\n\n${doneEvent}`
        : doneEvent,
    failed: () => engineDeadEvent + doneEvent,
  };
}
