import { expect, it } from 'vitest';

import { between, createRandom, pickOne } from './random.ts';

it('A seed repeats its numbers, which fill their range', () => {
  const numbers = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 1_000 }, () => between(random, 3, 7));
  };
  expect(numbers(5)).toEqual(numbers(5));
  expect(numbers(5)).not.toEqual(numbers(6));
  expect(new Set(numbers(5))).toEqual(new Set([3, 4, 5, 6, 7]));
  expect(() => pickOne(createRandom(1), [])).toThrow('nothing');
});
