// A model that is no preset is planned by `doctor` with the facts that `deploy` finds.

import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLog, systemClock } from '@fairlead/kit';
import { clusterPaths, openLocalHost, slurmFacts } from '@fairlead/launch';
import type { SlurmPartition } from '@fairlead/scheduler';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { judgeFit } from './judge-request.ts';
import { learnFacts } from './learn-facts.ts';
import { wantedJobOf } from './wanted-job.ts';

const a100s: SlurmPartition = {
  name: 'gpu',
  isDefault: true,
  isUp: true,
  maxMinutes: 1440,
  nodes: 2,
  usableNodes: 2,
  gpus: [{ type: 'a100_80', perNode: 4 }],
  maxCpus: 64,
  maxMemoryMb: 512_000,
  features: [],
};

let home = '';
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'fl-learn-'))));
afterEach(() => rm(home, { recursive: true }));

/** What the check `slurm.fit` finds for a model on a cluster whose account has this home; no hub is asked. */
async function fitOf(model: string) {
  const host = openLocalHost(home, process.execPath);
  const config = { env: { HF_HOME: join(home, 'hf') } };
  const learnt = learnFacts({
    what: model,
    config: {},
    place: { cluster: { name: 'here', config }, host, paths: clusterPaths(config, host.facts) },
    early: { site: slurmFacts('here', [a100s]) },
    run: {
      env: { HF_HUB_OFFLINE: '1' },
      home,
      nodePath: process.execPath,
      cacheDir: home,
      clock: systemClock,
      random: () => 0,
      log: silentLog,
      questions: {},
      signal: new AbortController().signal,
      tell: () => undefined,
    },
  });
  const wanted = await wantedJobOf({
    args: { model, set: [], job: 'no', waitSeconds: 1 },
    config: async () => ({}),
    cluster: async () => ({ name: 'here', config }),
    partitions: async () => [a100s],
    knownFacts: () => learnt,
  });
  return judgeFit(model, wanted);
}

async function keepModel(weightBytes: number) {
  const snapshot = join(home, 'hf/hub/models--org--model/snapshots/abc');
  await mkdir(snapshot, { recursive: true });
  const config = {
    model_type: 'qwen3',
    num_hidden_layers: 64,
    hidden_size: 5120,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    max_position_embeddings: 40_960,
    intermediate_size: 25_600,
    vocab_size: 151_936,
    head_dim: 128,
  };
  await writeFile(join(snapshot, 'config.json'), JSON.stringify(config));
  await writeFile(join(snapshot, 'model.safetensors'), '');
  // A sparse file: its size counts.
  await truncate(join(snapshot, 'model.safetensors'), weightBytes);
}

it("doctor plans a Hugging Face id with the facts in the cluster's cache, and refuses what fits nowhere", async () => {
  await keepModel(65e9);
  expect(await fitOf('org/model')).toMatchObject({
    status: 'ok',
    found: expect.stringMatching(/^org\/model: \d GPUs? of partition gpu \(/),
  });
  await keepModel(900e9);
  await expect(fitOf('org/model')).rejects.toMatchObject({ code: 'does_not_fit' });
});

it('doctor warns that a model is not planned where its facts cannot be had', async () => {
  expect(await fitOf('org/other')).toMatchObject({
    status: 'warn',
    found: expect.stringMatching(/^org\/other is not planned, because this machine has no config\.json of org\/other$/),
  });
});
