import { expect, it } from 'vitest';

import { PassageTally } from './passage-tally.ts';
import { WholePassage } from './whole-passage.ts';

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, prompt_tokens_details: { cached_tokens: 4 } };
const whole = { isWhole: true, generates: true, promptEstimate: 50 };

function tallyOf(answer: string, pieceBytes: number): PassageTally {
  const tally = new PassageTally();
  const passage = new WholePassage(tally);
  const bytes = Buffer.from(answer);
  for (let at = 0; at < bytes.length; at += pieceBytes) passage.take(bytes.subarray(at, at + pieceBytes));
  passage.end();
  return tally;
}

it.each([1, 7, 100_000])('The usage of an answer is read from its end, in pieces of %i bytes', (pieceBytes) => {
  const message = { role: 'assistant', content: 'a "usage":{"prompt_tokens":1} b'.padEnd(90_000, 'x') };
  const answer = JSON.stringify({ choices: [{ message }], usage, prompt_logprobs: null });
  expect(tallyOf(answer, pieceBytes).tokens(whole)).toEqual({
    promptTokens: 7,
    completionTokens: 3,
    cachedTokens: 4,
    estimated: false,
  });
});

it("Anthropic's usage is read, and that with spaces", () => {
  const answer = JSON.stringify({ content: [], usage: { input_tokens: 5, output_tokens: 6 } }, undefined, 1);
  expect(tallyOf(answer, 50).tokens(whole)).toMatchObject({ promptTokens: 5, completionTokens: 6, estimated: false });
});

it('An answer that tells no usage is estimated where it was generated, else it costs nothing', () => {
  expect(tallyOf('{"choices":[]}', 50).tokens(whole)).toMatchObject({
    promptTokens: 50,
    completionTokens: 1,
    estimated: true,
  });
  expect(tallyOf('{"tokens":[1]}', 50).tokens({ ...whole, generates: false })).toMatchObject({
    promptTokens: 0,
    estimated: false,
  });
});
