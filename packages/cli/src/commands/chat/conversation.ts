// What a chat remembers, and how it becomes a request. Pure.

import { defined } from '@fairlead/kit';
import type { ChatRequest } from '@fairlead/client';

export interface Conversation {
  model: string;
  system?: string | undefined;
  turns: ReadonlyArray<{ role: 'user' | 'assistant'; content: string }>;
  maxTokens?: number | undefined;
  temperature?: number | undefined;
}

export function withTurn(conversation: Conversation, role: 'user' | 'assistant', content: string): Conversation {
  return { ...conversation, turns: [...conversation.turns, { role, content }] };
}

export function requestOf({ model, system, turns, maxTokens, temperature }: Conversation): ChatRequest {
  return {
    model,
    messages: [...(system === undefined ? [] : [{ role: 'system' as const, content: system }]), ...turns],
    ...defined({ max_tokens: maxTokens, temperature }),
  };
}

/** What `/save` writes: the messages as the API takes them. */
export function renderConversation(conversation: Conversation): string {
  const { model, messages } = requestOf(conversation);
  return `${JSON.stringify({ model, messages }, undefined, 2)}\n`;
}
