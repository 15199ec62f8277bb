// The bodies of text completions: one object for a whole answer, chunks for a stream.

import { splitTokens } from '../engine/count-tokens.ts';
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
import { type ChoicesHead, ChunkFrame, wholeAnswer } from './choices-answer.ts';
import { completionLogprobs, promptLogprobs } from './logprobs.ts';

export function wholeCompletion(context: AnswerContext, results: readonly ChoiceResult[], usage: Usage): unknown {
  const choices = results.map((result, index) => wholeChoice(context, result, index));
  return wholeAnswer(context, headOf(context), { choices, usage });
}

function headOf({ id }: AnswerContext): ChoicesHead {
  return { id: `cmpl-${id}`, object: 'text_completion' };
}

function wholeChoice(context: AnswerContext, { text, finish }: ChoiceResult, index: number): unknown {
  const { request, vocabulary } = context;
  const { echo } = request.choices[index] ?? {};
  const ofPrompt = echo !== undefined && request.logprobs !== undefined;
  return {
    index,
    text: (echo ?? '') + text,
    logprobs: logprobsFrom(context, index),
    finish_reason: finish.reason,
    stop_reason: finish.stopReason,
    token_ids: null,
    prompt_logprobs: ofPrompt ? promptLogprobs(echo, request.logprobs ?? 0, vocabulary) : null,
    prompt_token_ids: null,
    routed_experts: null,
  };
}

/** The log probabilities of one token of the choice, or of all; those of an echoed prompt come with the first token. Null if the request did not ask for them. */
function logprobsFrom({ request, tokensOf }: AnswerContext, choice: number, from?: number): unknown {
  const top = request.logprobs;
  if (top === undefined) return null;
  const { echo } = request.choices[choice] ?? {};
  const prompt = echo === undefined ? [] : splitTokens(echo);
  const skip = from === undefined || from === 0 ? 0 : from + prompt.length;
  const end = from === undefined ? undefined : from + 1;
  const tokens = [...prompt, ...tokensOf(choice).slice(0, end)];
  return completionLogprobs(tokens, { from: skip, top, echoed: echo !== undefined });
}

export function streamCompletion(context: AnswerContext): AnswerStream {
  return new CompletionStream(context);
}

const goingOn = '"finish_reason":null,"stop_reason":null';

class CompletionStream implements AnswerStream {
  readonly #context: AnswerContext;
  readonly #frame: ChunkFrame;
  readonly #start: string;
  readonly #given: number[];
  #completionTokens = 0;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#frame = new ChunkFrame(context, headOf(context));
    this.#start = this.#frame.start;
    this.#given = context.request.choices.map(() => 0);
  }

  begin(): string {
    return '';
  }

  token(choice: number, text: string): string {
    return this.#event(choice, text, goingOn);
  }

  finish(choice: number, text: string, finish: Finish): string {
    const last = this.#frame.endChoice();
    const end = `"finish_reason":"${finish.reason}","stop_reason":${JSON.stringify(finish.stopReason)}`;
    if (!endsByItself(finish) || text === '') return this.#event(choice, text, end, last);
    const before = this.#event(choice, text, goingOn);
    return `${before}${this.#start}{"index":${choice},"text":"","logprobs":null,${end},"prompt_token_ids":null,"token_ids":null}${this.#closing()}${last}}\n\n`;
  }

  end(usage: Usage): string {
    return this.#frame.end(usage);
  }

  failed(): string {
    return this.#frame.failed();
  }

  /** An echoed prompt, and its ids, come with the first token. */
  #event(choice: number, text: string, end: string, last = ''): string {
    const { request, vocabulary } = this.#context;
    const given = this.#given[choice] ?? 0;
    const echo = given === 0 ? request.choices[choice]?.echo : undefined;
    const ids = echo === undefined ? 'null' : JSON.stringify(vocabulary.idsOf(echo));
    const said = echo === undefined ? quote(text) : JSON.stringify(echo + text);
    const logprobs =
      request.logprobs === undefined ? 'null' : JSON.stringify(logprobsFrom(this.#context, choice, given));
    this.#given[choice] = given + 1;
    this.#completionTokens += 1;
    return `${this.#start}{"index":${choice},"text":${said},"logprobs":${logprobs},${end},"prompt_token_ids":${ids},"token_ids":null}${this.#closing()}${last}}\n\n`;
  }

  #closing(): string {
    const { continuousUsage, promptTokens } = this.#context.request;
    if (!continuousUsage) return ']';
    return `],"usage":${JSON.stringify(usageFields({ promptTokens, completionTokens: this.#completionTokens }))}`;
  }
}
