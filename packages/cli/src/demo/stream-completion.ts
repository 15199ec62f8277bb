// Asks for one streamed chat completion and hands over its words as they come.

import { CodedError } from '@fairlead/kit';
import { createEventReader } from '@fairlead/openai-wire';
import { decodeText } from '@fairlead/protocol';
import { z } from 'zod';

import type { CliErrorCode } from '../cli-error.ts';

export interface Streamed {
  firstTokenMs: number;
  totalMs: number;
  tokens: number;
}

export async function streamCompletion(options: {
  baseUrl: string;
  apiKey: string;
  model: string;
  prompt: string;
  maxTokens: number;
  signal: AbortSignal;
  now: () => number;
  onText: (text: string) => void;
}): Promise<Streamed> {
  const startedMs = options.now();
  const answer = await fetch(`${options.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${options.apiKey}` },
    body: JSON.stringify({
      model: options.model,
      stream: true,
      max_tokens: options.maxTokens,
      messages: [{ role: 'user', content: options.prompt }],
    }),
    signal: options.signal,
  });
  if (!answer.ok || !answer.body)
    throw new CodedError<CliErrorCode>(
      'demo_failed',
      `cannot stream an answer because the request was answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`,
    );
  let firstTokenMs: number | undefined;
  let tokens = 0;
  const reader = createEventReader();
  const decoder = new TextDecoder();
  for await (const chunk of answer.body)
    for (const event of reader.read(decoder.decode(chunk as Uint8Array, { stream: true }))) {
      const text = textOf(event);
      if (!text) continue;
      firstTokenMs ??= options.now() - startedMs;
      tokens++;
      options.onText(text);
    }
  if (firstTokenMs === undefined)
    throw new CodedError<CliErrorCode>(
      'demo_failed',
      'cannot show a streamed answer because the stream ended without a word',
    );
  return { firstTokenMs, tokens, totalMs: options.now() - startedMs };
}

const chunkOfAnswer = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).optional() })).optional(),
});

/** Undefined for an event without words, such as the usage at the end. */
function textOf(data: string): string | undefined {
  const chunk = decodeText(chunkOfAnswer, data);
  return chunk.ok ? (chunk.value.choices?.[0]?.delta?.content ?? undefined) : undefined;
}
