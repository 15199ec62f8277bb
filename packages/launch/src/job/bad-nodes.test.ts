import type { ClusterConfig } from '@fairlead/config';
import type { DeploymentView, EndCause } from '@fairlead/protocol';
import { expect, it } from 'vitest';

import type { ControlSession } from '../control-session.ts';
import { deploymentOf, instanceOf } from '../testing/scripted-control.ts';
import { badNodesOf } from './bad-nodes.ts';

const lost: EndCause = { code: 'node_lost', message: 'node2 is lost', badNodes: ['node2', 'node7'] };
const failed = deploymentOf(instanceOf({ status: 'failed', cause: lost }));

function badNodes(slurm: ClusterConfig['slurm'], deployments: DeploymentView[] = [failed], name = 'here') {
  const session = { api: { listDeployments: () => Promise.resolve(deployments) } } as unknown as ControlSession;
  const signal = new AbortController().signal;
  return badNodesOf('mine', { name, config: { slurm: slurm ?? {} } }, { session, signal });
}

it('the nodes that the last end under the name blames are left out', async () => {
  expect(await badNodes({})).toEqual(['node2', 'node7']);
});

it.each<[string, DeploymentView[]]>([
  ['a deployment that still runs', [deploymentOf(instanceOf({ status: 'ready' }))]],
  [
    'an end without a bad node',
    [deploymentOf(instanceOf({ status: 'stopped', cause: { code: 'requested', message: '' } }))],
  ],
  ['another name', [{ ...failed, name: 'other' }]],
])('%s leaves none out', async (_what, deployments) => {
  expect(await badNodes({}, deployments)).toEqual([]);
});

it('nodes of another cluster are not left out', async () => {
  expect(await badNodes({}, [failed], 'elsewhere')).toEqual([]);
});

it.each<[ClusterConfig['slurm']]>([
  [{ leaveOutFailedNodes: false }],
  [{ override: { exclude: 'node9' } }],
  [{ override: { nodelist: 'node[1-2]' } }],
  [{ extra: ['#SBATCH -w node2'] }],
  [{ extra: ['#SBATCH --exclude=node9'] }],
])('%j chooses the nodes itself', async (slurm) => {
  expect(await badNodes(slurm)).toEqual([]);
});
