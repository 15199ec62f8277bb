import { describe, expect, it } from 'vitest';

import { applyEdits, readWish } from './read-wish.ts';

const chat = { method: 'POST', path: '/v1/chat/completions', generates: true, usageOnDemand: true } as const;
const read = (text: string, route: Parameters<typeof readWish>[1] = chat) => readWish(Buffer.from(text), route);

/** The body as the engine gets it. */
function edited(text: string): unknown {
  const got = read(text);
  if (!got.ok) throw new Error(got.problem);
  const { usageEdit } = got.wish;
  return Buffer.concat(applyEdits(Buffer.from(text), usageEdit ? [usageEdit] : [])).toString();
}

describe('A body', () => {
  it.each<[string, object]>([
    ['{"model":"m"}', { model: 'm', answerLimit: 1024 }],
    ['{"model":"m","max_tokens":7}', { answerLimit: 7 }],
    ['{"model":"m","max_completion_tokens":7,"n":3}', { answerLimit: 21 }],
    ['{"model":"m","max_tokens":null,"n":"x"}', { answerLimit: 1024 }],
    ['{"model":"\\u0061/b"}', { model: 'a/b' }],
  ])('%s asks for %j', (text, wish) => {
    expect(read(text)).toMatchObject({ ok: true, wish });
  });

  it.each([
    ['{}', 'it names no `model`'],
    ['{"model":5}', 'it names no `model`'],
    ['{"model":"m","model":"n"}', 'it has "model" twice'],
    ['{"model":"m","stream":true,"stream_options":[]}', 'its `stream_options` are no JSON object'],
    ['[]', 'it is no JSON object'],
  ])('%s is refused: %s', (text, problem) => {
    expect(read(text)).toEqual({ ok: false, problem });
  });

  it('of a route that generates nothing reserves its prompt alone', () => {
    const got = read('{"model":"m","input":"x"}', { method: 'POST', path: '/v1/embeddings' });
    expect(got).toMatchObject({ ok: true, wish: { answerLimit: 0, promptEstimate: 7, usageEdit: undefined } });
  });

  it.each([
    ['{"model":"m","stream":true}', '{"model":"m","stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{"stream_options":{"x":1},"model":"m","stream":true}',
      '{"stream_options":{"x":1,"include_usage":true},"model":"m","stream":true}',
    ],
    [
      '{"model":"m","stream_options":null,"stream":true }',
      '{"model":"m","stream_options":{"include_usage":true},"stream":true }',
    ],
    [
      '{"model":"m","stream_options":{"include_usage":false},"stream":true}',
      '{"model":"m","stream_options":{"include_usage":true},"stream":true}',
    ],
  ])('%s is made to tell its usage', (text, made) => {
    expect(edited(text)).toBe(made);
  });

  it.each([
    '{"model":"m"}',
    '{"model":"m","stream":false}',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
  ])('%s stays as it is', (text) => {
    expect(edited(text)).toBe(text);
  });
});

describe('A body of a key that may ask for 100 tokens in an answer', () => {
  const limited = (text: string, route = chat as Parameters<typeof readWish>[1]) => {
    const got = readWish(Buffer.from(text), route, 100);
    if (!got.ok) return got.problem;
    const edits = [got.wish.usageEdit, got.wish.limitEdit].filter((edit) => edit !== undefined);
    return Buffer.concat(applyEdits(Buffer.from(text), edits)).toString();
  };
  const responses = { method: 'POST', path: '/v1/responses', generates: true } as const;
  it.each([
    ['{"model":"m"}', '{"model":"m","max_tokens":100}'],
    ['{"model":"m","max_tokens":null }', '{"model":"m","max_tokens":100 }'],
    ['{"model":"m","max_completion_tokens":100}', '{"model":"m","max_completion_tokens":100}'],
    [
      '{"model":"m","stream":true}',
      '{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":100}',
    ],
    ['{"model":"m","max_tokens":101}', 'its `max_tokens` is 101, and this key may ask for 100 tokens in an answer'],
    [
      '{"model":"m","max_completion_tokens":9,"max_tokens":101}',
      'its `max_tokens` is 101, and this key may ask for 100 tokens in an answer',
    ],
    ['{"model":"m","max_tokens":"9000"}', 'its `max_tokens` is no whole number above 0'],
    ['{"model":"m","max_tokens":9000.5}', 'its `max_tokens` is no whole number above 0'],
  ])('%s becomes %s', (text, made) => {
    expect(limited(text)).toBe(made);
  });

  it('names the limit as its route does, and has none where nothing is generated', () => {
    expect(limited('{"model":"m"}', responses)).toBe('{"model":"m","max_output_tokens":100}');
    expect(limited('{"model":"m"}', { method: 'POST', path: '/v1/embeddings' })).toBe('{"model":"m"}');
  });
});
