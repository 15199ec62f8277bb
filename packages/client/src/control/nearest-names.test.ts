import { expect, test } from 'vitest';

import { nearestNames } from './nearest-names.ts';

test.each([
  ['lama', ['llama', 'qwen', 'lama-2'], ['llama', 'lama-2']],
  ['LLAMA', ['llama', 'qwen'], ['llama']],
  ['qw', ['qwen-72b-instruct', 'llama'], ['qwen-72b-instruct']],
  ['embedding', ['llama', 'qwen'], []],
  ['a', ['b', 'c', 'd', 'e'], ['b', 'c', 'd']],
])('nearestNames of %s in %j are %j', (typed, known, near) => {
  expect(nearestNames(typed, known)).toEqual(near);
});
