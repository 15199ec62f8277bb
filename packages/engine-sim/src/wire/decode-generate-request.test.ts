import { describe, expect, test } from 'vitest';
import { readRecorded } from '../testing/recorded-answer.ts';
import { Vocabulary } from '../engine/vocabulary.ts';
import { decodeGenerateRequest } from './decode-generate-request.ts';
import type { GenerateRequest } from './generate-request.ts';

const model = { names: ['tiny'], maxModelLen: 2048, adapters: () => [], autoTools: true };
const vocabulary = new Vocabulary();

function decode(body: unknown, contentType = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return decodeGenerateRequest('invocations', { contentType, text }, { model, vocabulary });
}

function accepted(body: unknown): GenerateRequest {
  const decoded = decode(body);
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
  return decoded.request;
}

describe('decodeGenerateRequest: is refused as recorded', () => {
  test.each([
    'err-bad-json',
    'err-empty-body',
    'err-image',
    'err-max-tokens-negative',
    'err-max-tokens-too-big',
    'err-messages-empty',
    'err-messages-missing',
    'err-wrong-model',
    'err-stream-wrong-model',
    'err-temperature',
  ])('%s', (name) => {
    const recorded = readRecorded(name);
    const decoded = decode(recorded.requestBody);
    if (decoded.ok) throw new Error('it was accepted');
    expect(decoded.error.status).toBe(recorded.status);
    expect(JSON.stringify(decoded.error.body)).toBe(recorded.body);
  });

  test('err-too-long', () => {
    const recorded = readRecorded('err-too-long');
    const content = 'fox '.repeat(5000);
    const decoded = decode({ model: 'tiny', messages: [{ role: 'user', content }], max_tokens: 2 });
    if (decoded.ok) throw new Error('it was accepted');
    expect(JSON.stringify(decoded.error.body)).toBe(recorded.body);
  });
});

test('decodeGenerateRequest: a body that does not say it is JSON is refused', () => {
  const decoded = decode({ messages: [] }, 'application/x-www-form-urlencoded');
  expect(decoded).toMatchObject({ ok: false, error: { status: 400, body: { error: { type: 'Bad Request' } } } });
});

test.each(['err-no-model-field', 'err-role', 'chat', 'chat-n2-stop'])(
  'decodeGenerateRequest: %s is served, and counts as many prompt tokens as recorded',
  (name) => {
    const recorded = readRecorded(name);
    const answer = JSON.parse(recorded.body) as { usage: { prompt_tokens: number } };
    expect(accepted(recorded.requestBody).promptTokens).toBe(answer.usage.prompt_tokens);
  },
);

test('decodeGenerateRequest: refuses a prompt that with its output exceeds the context', () => {
  const content = 'fox '.repeat(2000);
  const decoded = decode({ messages: [{ role: 'user', content }], max_tokens: 100 });
  expect(decoded).toMatchObject({ ok: false, error: { status: 400, body: { error: { param: 'input_tokens' } } } });
});

test('decodeGenerateRequest: without max_tokens the rest of the context is the limit', () => {
  const request = accepted({ messages: [{ role: 'user', content: 'the quick brown fox' }] });
  expect(request.maxTokens).toBe(2048 - 6);
});

test('decodeGenerateRequest: max_completion_tokens overrides max_tokens', () => {
  expect(accepted({ messages: [{ content: 'x' }], max_tokens: 9, max_completion_tokens: 5 }).maxTokens).toBe(5);
});

test('decodeGenerateRequest: reads stop, stream options and the sim field', () => {
  const request = accepted({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
    stop: 'end',
    stream: true,
    stream_options: { include_usage: true },
    sim: { prefill_ms: 5, decode_ms: 1.5, tokens: 7 },
  });
  expect(request).toMatchObject({
    kind: 'chat',
    choices: [{ prompt: 'hello' }],
    stop: ['end'],
    stream: true,
    includeUsage: true,
  });
  expect(request.sim).toEqual({ prefillMs: 5, decodeMs: 1.5, tokens: 7 });
});

test('decodeGenerateRequest: a prompt instead of messages asks for a text completion', () => {
  expect(accepted({ model: 'tiny', prompt: 'hi', max_tokens: 2 })).toMatchObject({
    kind: 'completion',
    promptTokens: 1,
  });
});
