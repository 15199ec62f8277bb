import { describe as group, expect, it } from 'vitest';

import { planBench } from './bench-plan.ts';
import { createPromptMaker } from './bench-prompt.ts';
import { describe, summarizeLevel } from './bench-stats.ts';
import { createStreamTimer } from './stream-timer.ts';

const choice = (text: string) => JSON.stringify({ choices: [{ index: 0, text }] });

function timed(events: readonly (readonly [string, number])[], startMs = 100) {
  const timer = createStreamTimer(startMs);
  for (const [data, atMs] of events) timer.take(data, atMs);
  return timer.outcome();
}

group('a stream timer', () => {
  it('takes the first choice for the first token and ends with the last one, not with the usage', () => {
    const usage = JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 } });
    // The empty text of a special token counts; two tokens may come in one event.
    expect(
      timed([
        [choice(''), 150],
        [choice('a b'), 170],
        [choice('c'), 200],
        [usage, 900],
      ]),
    ).toEqual({
      startMs: 100,
      ttftMs: 50,
      itlMs: [20, 30],
      latencyMs: 100,
      inputTokens: 7,
      outputTokens: 4,
      error: undefined,
    });
  });

  it('fails an answer without a token, and one that ends with an error', () => {
    expect(timed([['{"usage":{"prompt_tokens":1,"completion_tokens":0,"total_tokens":1}}', 150]]).error).toBe(
      'no token came',
    );
    const broken = timed([
      [choice('a'), 150],
      ['{"error":{"message":"EngineCore encountered an issue.","code":500}}', 160],
    ]);
    expect(broken).toMatchObject({ error: 'EngineCore encountered an issue.', ttftMs: undefined });
  });

  it('counts an event for a token where the engine does not count, and passes over what is no JSON', () => {
    expect(
      timed([
        [choice('a'), 150],
        ['nonsense', 155],
        [choice('b'), 160],
      ]),
    ).toMatchObject({ outputTokens: 2, itlMs: [10] });
  });
});

group('summarizeLevel', () => {
  const one = { startMs: 0, ttftMs: 100, itlMs: [10, 30], latencyMs: 140, inputTokens: 50, outputTokens: 3 };

  it('has the figures of vllm bench serve', () => {
    const single = { ...one, itlMs: [], latencyMs: 300, ttftMs: 300, outputTokens: 1 };
    const failed = { ...one, ttftMs: undefined, error: 'cut' };
    const level = summarizeLevel({ concurrency: 2, outcomes: [one, single, failed], durationMs: 2_000 });
    expect(level).toMatchObject({
      requests: 3,
      completed: 2,
      failed: 1,
      inputTokens: 100,
      outputTokens: 4,
      errors: ['cut'],
    });
    expect(level).toMatchObject({ requestsPerSecond: 1, outputTokensPerSecond: 2, totalTokensPerSecond: 52 });
    // (140 - 100) / (3 - 1); an answer of one token has no time per output token.
    expect(level.tpotMs).toMatchObject({ mean: 20, median: 20 });
    expect(level.itlMs).toMatchObject({ mean: 20, std: 10 });
    expect(level.ttftMs).toMatchObject({ mean: 200, median: 200, p99: 298 });
  });

  it('is all zeros where every request failed', () => {
    const level = summarizeLevel({ concurrency: 1, outcomes: [{ ...one, error: 'no' }], durationMs: 1_000 });
    expect(level).toMatchObject({ completed: 0, outputTokensPerSecond: 0, ttftMs: { mean: 0, p99: 0 } });
  });

  it('interpolates percentiles as numpy does', () => {
    // numpy.percentile([1, 2, 3, 4, 10], [50, 90, 99]), numpy.std of the same
    const { median, p90, p99, std } = describe([10, 1, 4, 2, 3]);
    expect([median, p90, p99].map((value) => Number(value.toFixed(6)))).toEqual([3, 7.6, 9.76]);
    expect(std).toBeCloseTo(3.1623, 4);
  });
});

group('a plan', () => {
  it('is quick by default, full where asked, and takes every figure of the user', () => {
    expect(planBench({ full: false })).toMatchObject({
      mode: 'quick',
      levels: [
        { concurrency: 1, requests: 4 },
        { concurrency: 8, requests: 16 },
      ],
    });
    expect(planBench({ full: true }).levels.at(-1)).toEqual({ concurrency: 32, requests: 128 });
    const own = planBench({ full: true, concurrency: [3], requests: 9, inputTokens: 10, outputTokens: 20 });
    expect(own).toEqual({ mode: 'full', levels: [{ concurrency: 3, requests: 9 }], inputTokens: 10, outputTokens: 20 });
  });
});

group('createPromptMaker', () => {
  it("finds the number of words that the engine's tokenizer makes the wanted tokens of", async () => {
    const count = async (prompt: string) => Math.round(prompt.split(' ').length * 2.7) + 1;
    const prompts = await createPromptMaker({ tokens: 200, random: () => 0.3, countTokens: count });
    expect(prompts.isCounted).toBe(true);
    expect(Math.abs((await count(prompts.make())) - 200)).toBeLessThanOrEqual(4);
  });

  it('takes a word for a token where the engine does not count', async () => {
    const prompts = await createPromptMaker({ tokens: 5, random: () => 0, countTokens: async () => undefined });
    expect(prompts.isCounted).toBe(false);
    expect(prompts.make().split(' ')).toHaveLength(5);
  });
});
