import { describe, expect, test } from 'vitest';
import { eventsOf } from '../testing/exchange.ts';
import { readRecorded } from '../testing/recorded-answer.ts';
import { type AnswerHead, createEventWriter, doneEvent, wholeAnswer } from './answer-shape.ts';

const stop = { reason: 'stop', stopReason: null } as const;
const length = { reason: 'length', stopReason: null } as const;

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

test.each(['chat', 'chat-n2-stop', 'err-no-model-field', 'completion'])(
  'wholeAnswer: %s has the recorded bytes',
  (name) => {
    const recorded = readRecorded(name);
    const answer = JSON.parse(recorded.body) as RecordedWhole;
    const head: AnswerHead = { ...answer, kind: name === 'completion' ? 'completion' : 'chat' };
    const choices = answer.choices.map((choice) => ({
      text: choice.text ?? choice.message?.content ?? '',
      finish: { reason: choice.finish_reason, stopReason: choice.stop_reason },
    }));
    const usage = { promptTokens: answer.usage.prompt_tokens, completionTokens: answer.usage.completion_tokens };
    expect(JSON.stringify(wholeAnswer(head, choices, usage))).toBe(recorded.body);
  },
);

describe('createEventWriter: has the recorded bytes', () => {
  test('chat-stream: the last token carries the finish and, without usage, the fingerprint', () => {
    const { recorded, head, texts } = readStream('chat-stream');
    const events = createEventWriter(head);
    const tokens = texts.slice(0, -1).map((text) => events.token(0, text, undefined));
    const last = events.finish(0, texts.at(-1) ?? '', length, { usage: undefined, last: true });
    expect(events.opening(0, undefined) + tokens.join('') + last + doneEvent).toBe(recorded.body);
  });

  test('chat-stream-usage: a finish without text has an empty delta; the usage follows', () => {
    const { recorded, head, texts } = readStream('chat-stream-usage');
    const events = createEventWriter(head);
    const tokens = texts.map((text) => events.token(0, text, undefined));
    const last = events.finish(0, '', length, { usage: undefined, last: false });
    const usage = events.usage({ promptTokens: 6, completionTokens: 5 });
    expect(events.opening(0, undefined) + tokens.join('') + last + usage + doneEvent).toBe(recorded.body);
  });

  test('chat-stream-usage-cont: every event carries the usage so far', () => {
    const { recorded, head, texts } = readStream('chat-stream-usage-cont');
    const events = createEventWriter(head);
    const so = (completionTokens: number) => ({ promptTokens: 6, completionTokens });
    const tokens = texts.slice(0, -1).map((text, index) => events.token(0, text, so([1, 3][index] ?? 0)));
    const last = events.finish(0, texts.at(-1) ?? '', length, { usage: so(4), last: false });
    expect(events.opening(0, so(0)) + tokens.join('') + last + events.usage(so(4)) + doneEvent).toBe(recorded.body);
  });

  test('completion-stream: has no opening', () => {
    const { recorded, head, texts } = readStream('completion-stream');
    const events = createEventWriter(head);
    expect(events.opening(0, undefined)).toBe('');
    const tokens = texts.slice(0, -1).map((text) => events.token(0, text, undefined));
    const last = events.finish(0, texts.at(-1) ?? '', length, { usage: undefined, last: false });
    const usage = events.usage({ promptTokens: 2, completionTokens: 6 });
    expect(tokens.join('') + last + usage + doneEvent).toBe(recorded.body);
  });
});

test('createEventWriter: quotes what a token holds', () => {
  const head: AnswerHead = { kind: 'chat', id: 'x', created: 0, model: 'a"b' };
  const event = createEventWriter(head).finish(
    1,
    'say "hi"\n',
    { reason: 'stop', stopReason: '"' },
    { usage: undefined, last: true },
  );
  expect(JSON.parse(event.slice('data: '.length))).toMatchObject({
    model: 'a"b',
    choices: [{ index: 1, delta: { content: 'say "hi"\n' }, finish_reason: stop.reason, stop_reason: '"' }],
  });
});

function readStream(name: string) {
  const recorded = readRecorded(name);
  const events = eventsOf(recorded.body).filter((event) => event !== '[DONE]');
  const chunks = events.map((event) => JSON.parse(event) as RecordedChunk);
  const [first] = chunks;
  if (!first) throw new Error(`golden/wire/${name}.txt has no events`);
  const chat = first.object === 'chat.completion.chunk';
  const texts = chunks
    .flatMap((chunk) => chunk.choices)
    .filter((choice) => !choice.delta?.role)
    .map((choice) => choice.text ?? choice.delta?.content)
    .filter((text) => text !== undefined);
  const head: AnswerHead = {
    kind: chat ? 'chat' : 'completion',
    id: first.id,
    created: first.created,
    model: first.model,
  };
  return { recorded, head, texts };
}

interface RecordedChunk {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: Array<{ text?: string; delta?: { role?: string; content?: string } }>;
}
