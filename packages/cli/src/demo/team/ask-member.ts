// One request of a member, as any program of theirs would send it.

import { decodeText } from '@fairlead/protocol';
import { z } from 'zod';

export type MemberAnswer =
  /** `place`: how many waited before it. */
  | { kind: 'answered'; place: number; tokens: number }
  /** By a limit, with the gateway's words. */
  | { kind: 'refused'; message: string };

const answerBody = z.object({
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).optional(),
  error: z.object({ message: z.string() }).optional(),
});

export interface MemberRequest {
  address: string;
  key: string;
  model: string;
  signal: AbortSignal;
}

/** Rejects with the signal's reason. */
export async function askMember({ address, key, model, signal }: MemberRequest): Promise<MemberAnswer> {
  const answer = await fetch(`${address}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 10, messages: [{ role: 'user', content: 'Tell me of ropes.' }] }),
    signal,
  });
  const body = decodeText(answerBody, await answer.text());
  const { usage, error } = body.ok ? body.value : {};
  if (!answer.ok || !usage) return { kind: 'refused', message: error?.message ?? `it answered ${answer.status}` };
  const place = Number(answer.headers.get('x-fairlead-queue-place') ?? 0);
  return { kind: 'answered', place, tokens: usage.prompt_tokens + usage.completion_tokens };
}
