import { describe, expect, test } from 'vitest';
import { createGeneration, type GenerationOptions } from './generation.ts';

const base: GenerationOptions = {
  seed: 7,
  maxTokens: 400,
  ignoreEos: false,
  minTokens: 0,
  stop: [],
  includeStop: false,
};

function write(options: Partial<GenerationOptions>) {
  const generation = createGeneration({ ...base, ...options });
  let text = '';
  while (!generation.finish) text += generation.next();
  return { text, produced: generation.produced, finish: generation.finish };
}

test('createGeneration: the same seed gives the same text, another seed another', () => {
  expect(write({})).toEqual(write({}));
  expect(write({}).text).not.toBe(write({ seed: 8 }).text);
});

test('createGeneration: writes whole English sentences and ends by itself at the end of one', () => {
  const { text, finish } = write({});
  expect(text).toMatch(/^[A-Z][A-Za-z ,.]+\.$/);
  expect(text).not.toMatch(/ [,.]|\{|\}/);
  expect(text.split('.').length - 1).toBeGreaterThanOrEqual(3);
  expect(finish).toEqual({ reason: 'stop', stopReason: null });
});

test('createGeneration: stops at max_tokens with reason length', () => {
  expect(write({ maxTokens: 5 })).toMatchObject({ produced: 5, finish: { reason: 'length', stopReason: null } });
});

test('createGeneration: sim.tokens sets how long the text is', () => {
  expect(write({ tokens: 12 })).toMatchObject({ produced: 12, finish: { reason: 'stop' } });
  expect(write({ tokens: 12, maxTokens: 5 })).toMatchObject({ produced: 5, finish: { reason: 'length' } });
});

test('createGeneration: ignore_eos goes on to the limit; min_tokens to at least that number', () => {
  expect(write({ ignoreEos: true })).toMatchObject({ produced: 400, finish: { reason: 'length' } });
  expect(write({ minTokens: 200 }).produced).toBeGreaterThanOrEqual(200);
});

describe('createGeneration: stop strings', () => {
  const whole = write({ ignoreEos: true, maxTokens: 60 }).text;
  // Within a word, across two tokens, across three, one mark, the very beginning.
  const stops = [whole.slice(30, 33), whole.slice(20, 40), ' the ', '.', whole.slice(0, 4)];

  test.each(stops)('%j is cut out, and no part of it is shown', (stop) => {
    const cut = write({ ignoreEos: true, maxTokens: 60, stop: [stop] });
    expect(cut.text).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(cut.finish).toEqual({ reason: 'stop', stopReason: stop });
  });

  test('include_stop_str_in_output keeps it', () => {
    const cut = write({ stop: [' the '], includeStop: true });
    expect(cut.text.endsWith(' the ')).toBe(true);
  });

  test('one that does not occur changes nothing', () => {
    const kept = write({ ignoreEos: true, maxTokens: 60, stop: ['xylophone'] });
    expect(kept.text).toBe(whole);
    expect(kept.finish).toEqual({ reason: 'length', stopReason: null });
  });

  test('the one that occurs first ends the text', () => {
    const [late, early] = [whole.slice(50, 56), whole.slice(10, 14)];
    expect(write({ stop: [late, early] }).finish.stopReason).toBe(early);
  });
});
