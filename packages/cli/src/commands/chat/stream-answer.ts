// One streamed chat completion as parts, through the SDK; what can go wrong, with hints for a person at a terminal.

import type { ChatChunk, ChatRequest, Connection, Usage } from '@fairlead/client';
import { type Clock, CodedError, defined, isCodedError } from '@fairlead/kit';
import { readUsage } from '@fairlead/openai-wire';

export type AnswerPart =
  | { type: 'text' | 'reasoning'; text: string }
  | { type: 'end'; finishReason?: string | undefined; usage?: Usage | undefined };

export interface AnswerSource {
  connection: Pick<Connection, 'name' | 'servedModel' | 'chatStream' | 'models' | 'ended'>;
  clock: Clock;
  /** Why there will be no more answers, once that is known. */
  whyEnded: () => string | undefined;
  /** By the code of the error, before those for a deployment of one's own. */
  hints?: Readonly<Record<string, string>>;
}

/** Ends after `end`. Leaving the loop, or the signal, ends the engine's work too. */
export async function* streamAnswer(
  source: AnswerSource,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  let finishReason: string | undefined;
  let usage: Usage | undefined;
  const asked = { ...request, stream_options: { include_usage: true } };
  try {
    for await (const chunk of source.connection.chatStream(asked, { signal })) {
      const { delta, finish } = readChunk(chunk);
      if (delta?.reasoning) yield { type: 'reasoning', text: delta.reasoning };
      if (delta?.content) yield { type: 'text', text: delta.content };
      finishReason = finish ?? finishReason;
      usage = readUsage(chunk) ?? usage;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw await explain(error, source);
  }
  yield { type: 'end', finishReason, usage };
}

interface Delta {
  content?: string | null;
  /** vLLM's; it was `reasoning_content` once. */
  reasoning?: string | null;
  reasoning_content?: string | null;
}

function readChunk({ choices: [choice] }: ChatChunk) {
  const delta = choice?.delta as Delta | undefined;
  return {
    delta: delta && { content: delta.content, reasoning: delta.reasoning ?? delta.reasoning_content },
    finish: choice?.finish_reason ?? undefined,
  };
}

/** The SDK's hints speak to programs. */
const hints: Readonly<Record<string, string>> = {
  model_unknown: 'Leave --model out to ask the one it was deployed with, or take one that it names; /model lists them.',
  prompt_too_long: 'Shorten it or ask for fewer tokens (--max-tokens); in a conversation /reset begins anew.',
  key_refused: 'It may have been deployed anew a moment ago: run the command again.',
  request_invalid: 'Change what it names.',
};

/** The connection breaks a moment before it is known why. */
const reasonTimeoutMs = 2_000;

async function explain(
  error: unknown,
  { connection, clock, whyEnded, hints: own = {} }: AnswerSource,
): Promise<unknown> {
  if (!(error instanceof CodedError)) return error;
  if (isCodedError(error, 'answer_cut')) await Promise.race([connection.ended, clock.sleep(reasonTimeoutMs)]);
  const ended = whyEnded();
  const { code, retryable } = error;
  const message = ended === undefined ? error.message : `${error.message}: ${ended}`;
  const hint =
    ended === undefined ? (own[code] ?? hints[code] ?? error.hint) : `See \`fairlead status ${connection.name}\`.`;
  return new CodedError(code, message, { ...defined({ hint }), retryable, cause: error });
}
