// What `doctor <model>` holds against Slurm is what `deploy <model>` would ask for.

import type { ClusterConfig } from '@fairlead/config';
import { profileFacts, slurmFacts } from '@fairlead/launch';
import type { SlurmPartition } from '@fairlead/scheduler';
import { expect, it } from 'vitest';

import { judgeFit } from './judge-request.ts';
import { modelWanted, wantedJobOf } from './wanted-job.ts';

const t4s: SlurmPartition = {
  name: 'small',
  isDefault: true,
  isUp: true,
  maxMinutes: 1440,
  nodes: 2,
  usableNodes: 2,
  gpus: [{ type: 't4', perNode: 1 }],
  maxCpus: 8,
  maxMemoryMb: 64_000,
  features: [],
};

function inspectionOf(model: string, cluster: ClusterConfig) {
  return {
    args: { model, set: [] as string[], job: 'no' as const, waitSeconds: 1 },
    config: async () => ({}),
    cluster: async () => ({ name: 'here', config: cluster }),
    partitions: async () => [t4s],
    knownFacts: async () => ({
      site: cluster.site === undefined ? slurmFacts('here', [t4s]) : await profileFacts(cluster, '/home/a'),
    }),
  };
}

it('wantedJobOf takes GPUs, partition and time of the site profile', async () => {
  const inspection = inspectionOf('qwen3-32b', { site: 'curc-alpine', slurm: { account: 'a' } });
  const wanted = await wantedJobOf(inspection);
  expect(wanted).toMatchObject({ partition: 'aa100', account: 'a', plan: { gpus: 3, timeMinutes: 240 } });
  expect(judgeFit('qwen3-32b', wanted)).toMatchObject({
    status: 'ok',
    found: expect.stringMatching(/^qwen3-32b: 3 GPUs of partition aa100 \(.*curc-alpine\)$/) as unknown,
  });
});

it('wantedJobOf keeps what the settings say, and refuses a model that fits nowhere', async () => {
  const cluster = { site: 'curc-alpine', slurm: { partition: 'al40' } };
  expect(await wantedJobOf(inspectionOf('qwen3-8b', cluster))).toMatchObject({ partition: 'al40', plan: { gpus: 1 } });
  const small = inspectionOf('llama-3.1-70b', {});
  await expect(wantedJobOf(small)).rejects.toMatchObject({ code: 'does_not_fit' });
  expect(await modelWanted(small)).toMatchObject({ engine: 'vllm', model: 'meta-llama/Llama-3.1-70B-Instruct' });
});
