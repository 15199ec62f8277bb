import { expect, test } from 'vitest';
import { countTokens, splitTokens } from './count-tokens.ts';
import { Vocabulary } from './vocabulary.ts';

const texts = ['the quick', ' {"city": "Berlin"}\n', 'naïve — 東京, 3.14!', '  two  spaces  ', 'a_b c\td'];

test.each(texts)('Vocabulary: reads back %j', (text) => {
  const vocabulary = new Vocabulary();
  expect(vocabulary.textOf(vocabulary.idsOf(text))).toBe(text);
});

test.each(texts.slice(0, 3))('splitTokens: %j falls into as many tokens as it counts for', (text) => {
  expect(splitTokens(text.trimEnd())).toHaveLength(countTokens(text));
  expect(splitTokens(text).join('')).toBe(text);
});

test('Vocabulary: the same token always has the same id; unknown ids read as words, impossible ones as nothing', () => {
  expect(new Vocabulary().idsOf('quick quick')[1]).toBe(new Vocabulary().idsOf('the quick')[1]);
  expect(new Vocabulary().textOf([265])).toMatch(/^ \w+$/);
  expect(new Vocabulary().textOf([999_999, -1, 0])).toBe('');
});
