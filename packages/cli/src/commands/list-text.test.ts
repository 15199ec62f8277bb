import { readFileSync } from 'node:fs';

import { decodeText, deploymentList } from '@fairlead/protocol';
import { expect, it } from 'vitest';

import { listText } from './list-text.ts';
import { statusText } from './status.ts';

const golden = new URL('../../../protocol/golden/v2/api/deployment-list.json', import.meta.url);
const decoded = decodeText(deploymentList, readFileSync(golden, 'utf8'));
const deployments = decoded.ok ? decoded.value.deployments : [];

it('list has a row for each instance of a deployment', () => {
  const rows = listText(deployments, 1_795_226_370_000).split('\n');
  expect(rows[0]).toMatch(/^NAME +STATE +SERVED MODEL +CLUSTER +JOB +REQUESTS +LEFT$/);
  expect(rows[1]).toMatch(/^llama +ready +llama-3\.1-8b +tb +4711 +2 /);
  expect(rows[2]).toMatch(/^llama \(successor\) +loading weights 40 % +llama-3\.1-8b +tb +4712 +0 /);
});

it('status tells of each instance of a deployment, and of one without a heading', () => {
  const nowMs = 1_795_226_370_000;
  const [both] = deployments;
  const text = statusText(both!, { events: [], route: undefined }, nowMs);
  expect(text).toContain('instance k3x9q2ab\nstate     ready');
  expect(text).toContain('instance m7c2v5zd (successor)\nstate     loading weights 40 %');
  expect(text).toMatch(/nodes +0 node2: 1 × NVIDIA A100, starting\n +1 node3: 1 × NVIDIA A100, lost: not heard of/);
  const one = statusText({ ...both!, instances: both!.instances.slice(0, 1) }, { events: [], route: undefined }, nowMs);
  expect(one).not.toContain('instance k3x9q2ab');
  expect(one).toContain('served as llama-3.1-8b');
});

it('status names a lost node with the reason, and counts the GPUs of each', () => {
  const [both] = deployments;
  const [first] = both!.instances;
  const nodes = [
    { rank: 0, host: 'node1', gpus: ['H100', 'H100'], state: { status: 'running' as const } },
    { rank: 1, host: 'node2', gpus: [], state: { status: 'lost' as const, reason: 'no word for 12 s' } },
  ];
  const text = statusText({ ...both!, instances: [{ ...first!, nodes }] }, { events: [], route: undefined }, 0);
  expect(text).toMatch(/nodes +0 node1: 2 × H100, running\n +1 node2: lost: no word for 12 s\n/);
});

it('status shows how far the start of each node is, and whose memory is nearly full', () => {
  const [both] = deployments;
  const [first] = both!.instances;
  const progress = { phase: 'loading' as const, percent: 50, detail: 'shard 2/4' };
  const nodes = [
    { rank: 0, host: 'node1', gpus: [], state: { status: 'starting' as const } },
    { rank: 1, host: 'node2', gpus: [], state: { status: 'starting' as const, progress }, pressure: '57 of 60 GiB' },
  ];
  const text = statusText({ ...both!, instances: [{ ...first!, nodes }] }, { events: [], route: undefined }, 0);
  expect(text).toMatch(/0 node1: starting\n +1 node2: loading weights: shard 2\/4, 50 %, 57 of 60 GiB\n/);
});
