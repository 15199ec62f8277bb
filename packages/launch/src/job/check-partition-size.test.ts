import { expect, it } from 'vitest';

import { tooManyWords } from './check-partition-size.ts';

const partitions = [
  { name: 'gpu', state: 'UP', isDefault: true, nodes: 3 },
  { name: 'short', state: 'UP', nodes: 8, maxNodes: 2 },
  { name: 'one', state: 'UP', nodes: 1 },
  { name: 'untold', state: 'UP' },
] as const;

it.each<[nodes: number, partition: string | undefined, words: string | undefined]>([
  [3, undefined, undefined],
  [4, undefined, 'partition gpu has 3 nodes: got 4'],
  [2, 'short', undefined],
  [3, 'short', 'partition short gives at most 2 nodes to one job: got 3'],
  [2, 'one', 'partition one has 1 node: got 2'],
  [3, 'one,gpu', undefined],
  [9, 'short,one,gpu', 'partition gpu has 3 nodes: got 9'],
  [9, 'untold', undefined],
  [9, 'nowhere', undefined],
])('%d nodes of partition %s: %s', (nodes, partition, words) =>
  expect(tooManyWords(nodes, partition, partitions)).toBe(words),
);

it('Nothing is known of the default partition where Slurm does not answer', () =>
  expect(tooManyWords(2, undefined, [])).toBeUndefined());
