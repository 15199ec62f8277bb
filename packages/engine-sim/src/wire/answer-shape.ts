// The bodies of generated answers: one object for a whole answer, prefixes and suffixes for a stream's events.
// Field order is vLLM's; golden/ holds what was recorded.

import type { Finish } from '../engine/generation.ts';
import { systemFingerprint } from '../vllm-version.ts';

export interface AnswerHead {
  kind: 'chat' | 'completion';
  id: string;
  /** Seconds since the epoch. */
  created: number;
  model: string;
}

export interface Choice {
  text: string;
  finish: Finish;
}

export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

export function wholeAnswer(head: AnswerHead, choices: readonly Choice[], usage: Usage): unknown {
  const chat = head.kind === 'chat';
  const details = { prompt_tokens_details: null, completion_tokens_details: null };
  const prompt = chat ? { prompt_logprobs: null, prompt_token_ids: null, prompt_text: null } : {};
  return {
    id: head.id,
    object: chat ? 'chat.completion' : 'text_completion',
    created: head.created,
    model: head.model,
    choices: choices.map((choice, index) => (chat ? chatChoice(choice, index) : textChoice(choice, index))),
    service_tier: null,
    system_fingerprint: systemFingerprint,
    usage: { ...usageFields(usage), ...details },
    ...prompt,
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
}

function chatChoice({ text, finish }: Choice, index: number): unknown {
  const none = { refusal: null, annotations: null, audio: null, function_call: null, reasoning: null };
  const message = { role: 'assistant', content: text, ...none };
  const end = { finish_reason: finish.reason, stop_reason: finish.stopReason };
  return { index, message, logprobs: null, ...end, token_ids: null, routed_experts: null };
}

function textChoice({ text, finish }: Choice, index: number): unknown {
  const end = { finish_reason: finish.reason, stop_reason: finish.stopReason };
  const none = { token_ids: null, prompt_logprobs: null, prompt_token_ids: null, routed_experts: null };
  return { index, text, logprobs: null, ...end, ...none };
}

export interface EventWriter {
  /** What precedes the first token of a choice: the role (chat), nothing otherwise. */
  opening(choice: number, usage: Usage | undefined): string;
  token(choice: number, text: string, usage: Usage | undefined): string;
  /** The last event of a choice; `text` may be empty. `last` when no event but [DONE] follows in the whole stream. */
  finish(choice: number, text: string, finish: Finish, options: { usage: Usage | undefined; last: boolean }): string;
  usage(usage: Usage): string;
}

export const doneEvent = 'data: [DONE]\n\n';

export function createEventWriter(head: AnswerHead): EventWriter {
  const object = head.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion';
  const { id, created, model } = head;
  const start = `data: ${JSON.stringify({ id, object, created, model }).slice(0, -1)},"choices":[`;
  const fingerprint = `,"system_fingerprint":${JSON.stringify(systemFingerprint)}`;
  const closing = (usage: Usage | undefined) => (usage ? `],"usage":${continuousUsage(usage)}` : ']');
  const shape = head.kind === 'chat' ? chatEvents : textEvents;
  return {
    opening: (choice, usage) => {
      const text = shape.opening(choice);
      return text === '' ? '' : `${start}${text}${closing(usage)},"prompt_token_ids":null,"prompt_text":null}\n\n`;
    },
    token: (choice, text, usage) => `${start}${shape.token(choice, quote(text))}${closing(usage)}}\n\n`,
    finish: (choice, text, finish, { usage, last }) => {
      const end = `"finish_reason":"${finish.reason}","stop_reason":${JSON.stringify(finish.stopReason)}`;
      return `${start}${shape.finish(choice, text, end)}${closing(usage)}${last ? fingerprint : ''}}\n\n`;
    },
    usage: (usage) => `${start}],"usage":${JSON.stringify(usageFields(usage))}${fingerprint}}\n\n`,
  };
}

const chatEvents = {
  opening: (choice: number) =>
    `{"index":${choice},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}`,
  token: (choice: number, quoted: string) =>
    `{"index":${choice},"delta":{"content":${quoted}},"logprobs":null,"finish_reason":null,"token_ids":null}`,
  finish: (choice: number, text: string, end: string) => {
    const delta = text === '' ? '{}' : `{"content":${quote(text)}}`;
    return `{"index":${choice},"delta":${delta},"logprobs":null,${end},"token_ids":null}`;
  },
};

const noPromptIds = '"prompt_token_ids":null,"token_ids":null';

const textEvents = {
  opening: () => '',
  token: (choice: number, quoted: string) =>
    `{"index":${choice},"text":${quoted},"logprobs":null,"finish_reason":null,"stop_reason":null,${noPromptIds}}`,
  finish: (choice: number, text: string, end: string) =>
    `{"index":${choice},"text":${quote(text)},"logprobs":null,${end},${noPromptIds}}`,
};

/** Tokens repeat: quoting each once is most of what a stream costs. */
const quoted = new Map<string, string>();

function quote(text: string): string {
  let known = quoted.get(text);
  if (known === undefined) {
    known = JSON.stringify(text);
    if (quoted.size < 4096) quoted.set(text, known);
  }
  return known;
}

function usageFields({ promptTokens, completionTokens }: Usage) {
  return {
    prompt_tokens: promptTokens,
    total_tokens: promptTokens + completionTokens,
    completion_tokens: completionTokens,
  };
}

function continuousUsage(usage: Usage): string {
  return JSON.stringify({ ...usageFields(usage), completion_tokens_details: null });
}
