import { expect, it } from 'vitest';
import { failedNodesIn } from './failed-nodes.ts';

it('failedNodesIn takes the nodes that srun calls failed, and no other line of srun', () => {
  const log = [
    'srun: error: Node failure on gpu[07-08]',
    'srun: error: node1: task 0: Killed',
    'srun: error: Node failure on gpu08',
    'rank 1 says: srun: error: Node failure on gpu09',
  ];
  expect(failedNodesIn(log)).toEqual(['gpu07', 'gpu08']);
  expect(failedNodesIn([])).toEqual([]);
});
