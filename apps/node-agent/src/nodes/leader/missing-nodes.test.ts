import { expect, it } from 'vitest';
import { missingNodes } from './missing-nodes.ts';

const awaited = [
  { rank: 1, host: 'node2' },
  { rank: 2, host: 'node3' },
];
const none = { suspicion: undefined, awaited };

it('the node whose agent ended before it joined is named, with what its agent said last', () => {
  const log = [
    '2026-11-30T20:00:00.000Z agent runs job 7 on node1',
    '2026-11-30T20:00:00.100Z node2.site (rank 1): cannot make a node-local directory: /tmp: ENOSPC',
    '2026-11-30T20:00:00.101Z node2.site (rank 1): exit 1 (agent_failed): The agent itself failed.',
    'srun: error: node2: task 1: Exited with exit code 1',
    'slurmstepd-node1: error: *** STEP 7.0 ON node1 CANCELLED AT 2026-11-30T20:00:01 DUE TO TASK FAILURE ***',
  ].join('\n');
  expect(missingNodes(none, log)).toMatchObject({
    message:
      'the agent of a node ended before it joined the others: node2 (rank 1): cannot make a node-local directory: /tmp: ENOSPC',
    hosts: ['node2'],
  });
});

it("srun's words are told of agents that said nothing", () => {
  const log = 'srun: error: node[2-3]: tasks 1-2: Exited with exit code 127\n';
  expect(missingNodes(none, log)).toMatchObject({
    message: expect.stringContaining('node2 (rank 1): Exited with exit code 127; node3 (rank 2): Exited'),
    hosts: ['node2', 'node3'],
  });
});

it('a node that Slurm has lost is named, although its link is still open', () => {
  const log =
    'srun: error: Node failure on node3\nsrun: Job step aborted: Waiting up to 12 seconds for job step to finish.\n';
  expect(missingNodes({ ...none, awaited: [] }, log)).toMatchObject({
    message: 'the job ended because a node is gone: Slurm tells of a failure of node3',
    hosts: ['node3'],
  });
});

it('nodes that have only not come yet are not to blame, and a link that is gone comes first', () => {
  expect(missingNodes(none, 'srun: error: node1: task 0: Exited with exit code 1')).toBeUndefined();
  const suspicion = { message: 'node3 (rank 2): its connection has closed', hosts: ['node3'] };
  expect(missingNodes({ suspicion, awaited }, '')).toMatchObject({
    message: 'the job ended because a node is gone: node3 (rank 2): its connection has closed',
    hosts: ['node3'],
  });
});
