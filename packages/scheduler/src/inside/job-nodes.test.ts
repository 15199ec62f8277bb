import { expect, it } from 'vitest';
import { readJobNodes } from './job-nodes.ts';

const env = { SLURM_JOB_NODELIST: 'node[1-2]', SLURM_NODEID: '1' };

it('readJobNodes reads the hosts of the step, and which of them this is', () => {
  expect(readJobNodes(env)).toEqual({ rank: 1, hosts: ['node1', 'node2'] });
  const step = { ...env, SLURM_STEP_NODELIST: 'node[3-5]', SLURM_LAUNCH_NODE_IPADDR: '10.0.0.3' };
  expect(readJobNodes(step)).toEqual({ rank: 1, hosts: ['node3', 'node4', 'node5'], launchAddress: '10.0.0.3' });
});

it.each([{}, { ...env, SLURM_NODEID: '2' }, { ...env, SLURM_NODEID: 'x' }, { SLURM_JOB_NODELIST: 'node1' }])(
  'readJobNodes finds nothing in %j',
  (given) => expect(readJobNodes(given)).toBeUndefined(),
);
