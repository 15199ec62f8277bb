import { describe, expect, it } from 'vitest';

import { nearestNames } from './nearest-names.ts';

describe('nearestNames', () => {
  it.each([
    ['lama', ['llama', 'qwen', 'lama-2'], ['llama', 'lama-2']],
    ['lama-3.1-8b', ['demo', 'llama-3.1-8b', 'gpt-oss-20b'], ['llama-3.1-8b']],
    ['LLAMA', ['llama', 'qwen'], ['llama']],
    ['qw', ['qwen-72b-instruct', 'llama'], ['qwen-72b-instruct']],
    ['embedding', ['llama', 'qwen'], []],
    ['a', ['b', 'c', 'd', 'e'], ['b', 'c', 'd']],
    ['', ['llama', 'qwen'], []],
  ])('of %j in %j are %j', (typed, known, near) => {
    expect(nearestNames(typed, known)).toEqual(near);
  });
});
