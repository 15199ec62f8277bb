import { describe, expect, it } from 'vitest';

import { exampleConfig } from '../render-configuration-page.ts';
import { sortSettings } from './project-settings.ts';

describe('Settings of a project that is not trusted', () => {
  it('count if they choose a model or resources; all others are withheld', () => {
    const { free, withheld } = sortSettings(exampleConfig() as Record<string, unknown>);
    expect(free).toMatchObject({
      defaultCluster: 'mycluster',
      clusters: { mycluster: { slurm: { partition: 'gpu', time: '04:00:00' }, gpu: { type: 'a100' } } },
      presets: { qwen: { model: 'Qwen/Qwen3-8B' } },
    });
    // Settings that run commands, decide where to log in, or name files.
    const kept = JSON.stringify(free);
    for (const word of ['module load', 'login.example.org', 'gate', 'HF_HOME', 'hf-token', '#SBATCH', '/opt/', '--'])
      expect(kept).not.toContain(word);
    expect(withheld).toEqual(
      expect.arrayContaining([
        'bastion.fromLaptop.host',
        'bastion.authorizedKeysFile',
        'clusters.mycluster.kind',
        'clusters.mycluster.login.host',
        'clusters.mycluster.prologue',
        'clusters.mycluster.env.HF_HOME',
        'clusters.mycluster.node',
        'clusters.mycluster.tokenFile',
        'clusters.mycluster.paths.runtime',
        'clusters.mycluster.slurm.binDir',
        'clusters.mycluster.slurm.extra',
        'clusters.mycluster.slurm.override.gres',
        'clusters.mycluster.engines.vllm.command',
        'clusters.mycluster.engines.vllm.args',
        'clusters.mycluster.engines.vllm.env.VLLM_LOGGING_LEVEL',
        'presets.qwen.args',
        'presets.qwen.env.VLLM_USE_FLASHINFER_SAMPLER',
      ]),
    );
  });

  it('make no cluster that has only a name', () =>
    expect(sortSettings({ clusters: { evil: { kind: 'local', prologue: ['id'] } } })).toEqual({
      free: {},
      withheld: ['clusters.evil.kind', 'clusters.evil.prologue'],
    }));

  it('are withheld if this version does not know them', () =>
    expect(sortSettings({ later: 1, clusters: 'x' })).toEqual({ free: {}, withheld: ['later', 'clusters'] }));

  it('cannot pass an option of the engine as a model', () =>
    expect(sortSettings({ presets: { a: { model: '--middleware=x', gpus: 1 } } })).toEqual({
      free: { presets: { a: { gpus: 1 } } },
      withheld: ['presets.a.model'],
    }));
});
