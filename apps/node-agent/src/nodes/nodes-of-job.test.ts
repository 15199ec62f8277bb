import { engineSpec } from '@fairlead/protocol';
import { expect, it } from 'vitest';
import { nodesOfJob, rankOf } from './nodes-of-job.ts';

const specOf = (nodes: number) => ({ engine: engineSpec.parse({ name: 'sim', nodes }) });
const env = { SLURM_JOB_NODELIST: 'node[1-2]', SLURM_NODEID: '1' };

it('nodesOfJob takes the nodes of the job where the spec wants as many, and none for one node', () => {
  expect(nodesOfJob(specOf(2), env)).toMatchObject({ rank: 1, hosts: ['node1', 'node2'] });
  expect(nodesOfJob(specOf(1), env)).toBeUndefined();
  expect([rankOf(specOf(2), env), rankOf(specOf(1), env), rankOf(specOf(2), {})]).toEqual([1, 0, 0]);
});

it.each([
  [3, env, 'names 2 (node1, node2)'],
  [2, {}, 'names none'],
])('nodesOfJob refuses %d nodes for %j', (nodes, given, words) => {
  const failure = expect.objectContaining({ code: 'nodes_unknown', message: expect.stringContaining(words) });
  expect(() => nodesOfJob(specOf(nodes), given)).toThrow(failure);
});
