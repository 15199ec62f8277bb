// The tokens that a request took, read from an answer or an event: OpenAI's completions and Responses, Anthropic's Messages.

import type { Usage } from './openai-shapes.ts';

/** In the words of OpenAI's completions, beside all that the answer tells; undefined where it tells none. */
export function readUsage(body: unknown): Usage | undefined {
  const usage = fieldOf(body, 'usage') ?? fieldOf(fieldOf(body, 'response') ?? fieldOf(body, 'message'), 'usage');
  const prompt = countOf(usage, 'prompt_tokens') ?? countOf(usage, 'input_tokens');
  const completion = countOf(usage, 'completion_tokens') ?? countOf(usage, 'output_tokens');
  if (prompt === undefined && completion === undefined) return undefined;
  const total = countOf(usage, 'total_tokens') ?? (prompt ?? 0) + (completion ?? 0);
  const read: Usage = { ...(usage as object), prompt_tokens: prompt ?? 0, total_tokens: total };
  if (completion !== undefined) read.completion_tokens = completion;
  return read;
}

function countOf(usage: unknown, name: string): number | undefined {
  const value = fieldOf(usage, name);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
