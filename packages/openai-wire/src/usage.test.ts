import { expect, it } from 'vitest';
import { readUsage } from './usage.ts';

it.each([
  ['a chat', { usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }, [3, 4, 7]],
  ['embeddings', { usage: { prompt_tokens: 3, total_tokens: 3 } }, [3, undefined, 3]],
  ['a response', { usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } }, [3, 4, 7]],
  ['the last event of a response', { response: { usage: { input_tokens: 3, output_tokens: 4 } } }, [3, 4, 7]],
  ['the first event of a message', { message: { usage: { input_tokens: 3, output_tokens: 1 } } }, [3, 1, 4]],
  ['the last event of a message', { usage: { output_tokens: 4 } }, [0, 4, 4]],
])('readUsage reads the usage of %s', (_what, body, [prompt, completion, total]) => {
  const { prompt_tokens, completion_tokens, total_tokens } = readUsage(body)!;
  expect([prompt_tokens, completion_tokens, total_tokens]).toEqual([prompt, completion, total]);
});

it.each([
  [undefined],
  [null],
  [{}],
  [{ usage: null }],
  [{ usage: { prompt_tokens: '3' } }],
  [{ usage: { input_tokens: -1 } }],
])('readUsage reads none from %j', (body) => {
  expect(readUsage(body)).toBeUndefined();
});

it('readUsage keeps what else the answer tells', () => {
  const usage = {
    prompt_tokens: 3,
    completion_tokens: 4,
    total_tokens: 7,
    prompt_tokens_details: { cached_tokens: 2 },
  };
  expect(readUsage({ usage })).toEqual(usage);
});
