import { expect, it } from 'vitest';

import { gpuWords } from './sized-text.ts';

it.each([
  [0, 1, 'no GPU'],
  [1, 1, '1 GPU'],
  [4, 2, '2 nodes with 4 GPUs each'],
  [0, 2, '2 nodes with no GPU each'],
])('%d GPUs on %d nodes are said as: %s', (gpus, nodes, words) => expect(gpuWords(gpus, nodes)).toBe(words));
