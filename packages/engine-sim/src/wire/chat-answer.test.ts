import { describe, expect, test } from 'vitest';
import type { Finish } from '../engine/generation.ts';
import { Vocabulary } from '../engine/vocabulary.ts';
import { eventsOf } from '../testing/exchange.ts';
import { readRecorded } from '../testing/recorded-answer.ts';
import type { AnswerContext } from './answer.ts';
import { streamChat, wholeChat } from './chat-answer.ts';
import { streamCompletion, wholeCompletion } from './completion-answer.ts';
import type { GenerateRequest } from './generate-request.ts';
import { systemFingerprint } from '../vllm-version.ts';

const length: Finish = { reason: 'length', stopReason: null };

interface RecordedWhole {
  id: string;
  created: number;
  model: string;
  choices: Array<{
    text?: string;
    message?: { content: string };
    finish_reason: 'stop' | 'length';
    stop_reason: string | null;
  }>;
  usage: { prompt_tokens: number; completion_tokens: number };
}

interface Head {
  id: string;
  created: number;
  model: string;
}

function contextOf({ id, created, model }: Head, more: Partial<GenerateRequest> = {}): AnswerContext {
  const choice = { prompt: '', script: { kind: 'free' as const }, echo: undefined };
  const request: GenerateRequest = {
    kind: 'chat',
    model,
    choices: [choice],
    promptTokens: 6,
    maxTokens: 10,
    minTokens: 0,
    ignoreEos: false,
    stop: [],
    includeStop: false,
    seed: undefined,
    stream: false,
    includeUsage: false,
    continuousUsage: false,
    logprobs: undefined,
    sim: {},
    fields: {},
    ...more,
  };
  const hex = id.slice(id.indexOf('-') + 1);
  return { id: hex, created, request, createId: () => 'x', tokensOf: () => [], vocabulary: new Vocabulary() };
}

test.each(['chat', 'chat-n2-stop', 'err-no-model-field', 'completion'])(
  'wholeChat, wholeCompletion: %s has the recorded bytes',
  (name) => {
    const recorded = readRecorded(name);
    const answer = JSON.parse(recorded.body) as RecordedWhole;
    const results = answer.choices.map((choice) => ({
      text: choice.text ?? choice.message?.content ?? '',
      produced: 0,
      finish: { reason: choice.finish_reason, stopReason: choice.stop_reason },
    }));
    const usage = { promptTokens: answer.usage.prompt_tokens, completionTokens: answer.usage.completion_tokens };
    const write = name === 'completion' ? wholeCompletion : wholeChat;
    expect(JSON.stringify(write(contextOf(answer), results, usage))).toBe(recorded.body);
  },
);

describe('streamChat, streamCompletion: have the recorded bytes', () => {
  test('chat-stream: the last token carries the finish and, without usage, the fingerprint', () => {
    const { recorded, head, texts } = readStream('chat-stream');
    const stream = streamChat(contextOf(head));
    const tokens = texts.slice(0, -1).map((text) => stream.token(0, text));
    const last = stream.finish(0, texts.at(-1) ?? '', length);
    const usage = { promptTokens: 6, completionTokens: 5 };
    expect(tokens.join('') + last + stream.end(usage)).toBe(recorded.body);
  });

  test('chat-stream-usage: a finish without text has an empty delta; the usage follows', () => {
    const { recorded, head, texts } = readStream('chat-stream-usage');
    const stream = streamChat(contextOf(head, { includeUsage: true }));
    const tokens = texts.map((text) => stream.token(0, text));
    const last = stream.finish(0, '', length);
    const usage = stream.end({ promptTokens: 6, completionTokens: 5 });
    expect(tokens.join('') + last + usage).toBe(recorded.body);
  });

  test('chat-stream-usage-cont: every event carries the usage so far, tokens without text among it', () => {
    const { recorded, head, texts } = readStream('chat-stream-usage-cont');
    const stream = streamChat(contextOf(head, { includeUsage: true, continuousUsage: true }));
    const [first = '', second = '', last = ''] = texts;
    const tokens = [first, '', second].map((text) => stream.token(0, text));
    const end = stream.finish(0, last, length) + stream.end({ promptTokens: 6, completionTokens: 4 });
    expect(tokens.join('') + end).toBe(recorded.body);
  });

  test('completion-stream: has no opening', () => {
    const { recorded, head, texts } = readStream('completion-stream');
    const stream = streamCompletion(contextOf(head, { includeUsage: true }));
    expect(stream.begin()).toBe('');
    const tokens = texts.slice(0, -1).map((text) => stream.token(0, text));
    const last = stream.finish(0, texts.at(-1) ?? '', length);
    expect(tokens.join('') + last + stream.end({ promptTokens: 2, completionTokens: 6 })).toBe(recorded.body);
  });

  test('chat-tool-auto-call-stream: the name first, then the arguments token by token', () => {
    const { recorded, head } = readStream('chat-tool-auto-call-stream');
    const call = { name: 'get_weather', arguments: '{"city": "Berlin"}' };
    const script = { kind: 'calls' as const, calls: [call], by: 'auto' as const };
    const stream = streamChat(contextOf(head, { choices: [{ prompt: '', script, echo: undefined }] }));
    const id = /chatcmpl-tool-([0-9a-f]+)/.exec(recorded.body)?.[1] ?? '';
    const pieces = ['{', '"', 'city', '"', ':', ' "', 'Berlin', '"'];
    const events = ['', ...pieces].map((text) => stream.token(0, text)).join('');
    const finish = stream.finish(0, '}', { reason: 'stop', stopReason: null });
    const end = finish + stream.end({ promptTokens: 6, completionTokens: 10 });
    const mine = eventsOf((events + end).replaceAll('chatcmpl-tool-x', `chatcmpl-tool-${id}`));
    const theirs = eventsOf(recorded.body.replaceAll(/vllm-0\.32\.0-[0-9a-f]+/g, systemFingerprint));
    expect(mine.slice(0, 3)).toEqual(theirs.slice(0, 3));
    expect(mine.slice(-3)).toEqual(theirs.slice(-3));
  });
});

test('streamChat: quotes special characters in a token', () => {
  const head = { id: 'chatcmpl-x', created: 0, model: 'a"b' };
  const stream = streamChat(contextOf(head));
  const events = stream.finish(0, 'say "hi"\n', { reason: 'stop', stopReason: '"' }).split('\n\n');
  expect(JSON.parse((events.at(-2) ?? '').slice('data: '.length))).toMatchObject({
    model: 'a"b',
    choices: [{ index: 0, delta: { content: 'say "hi"\n' }, finish_reason: 'stop', stop_reason: '"' }],
  });
});

function readStream(name: string) {
  const recorded = readRecorded(name);
  const events = eventsOf(recorded.body).filter((event) => event !== '[DONE]');
  const chunks = events.map((event) => JSON.parse(event) as RecordedChunk);
  const [first] = chunks;
  if (!first) throw new Error(`golden/wire/${name}.txt has no events`);
  const texts = chunks
    .flatMap((chunk) => chunk.choices)
    .filter((choice) => !choice.delta?.role)
    .map((choice) => choice.text ?? choice.delta?.content)
    .filter((text) => text !== undefined);
  return { recorded, head: first, texts };
}

interface RecordedChunk extends Head {
  choices: Array<{ text?: string; delta?: { role?: string; content?: string } }>;
}
