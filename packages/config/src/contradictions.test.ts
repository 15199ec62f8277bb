import { expect, it } from 'vitest';

import { contradictionsOf } from './contradictions.ts';

const login = { host: 'login' };

it('contradictionsOf finds nothing in settings that fit together', () => {
  expect(contradictionsOf({})).toEqual([]);
  expect(
    contradictionsOf({
      defaultCluster: 'a',
      clusters: {
        a: { login, slurm: { omit: ['gres'], override: { time: '60' } }, gpu: { type: 'a100' } },
        b: { kind: 'local' },
      },
    }),
  ).toEqual([]);
});

it.each([
  ['a default that is not configured', { defaultCluster: 'b', clusters: { a: { login } } }, 'defaultCluster: b'],
  ['a login host of a local cluster', { clusters: { a: { kind: 'local', login } } }, 'clusters.a.login: '],
  ['plain requests refused without any other', { clusters: { a: { login, plain: false } } }, 'clusters.a.plain: '],
  ['Slurm settings of a local cluster', { clusters: { a: { kind: 'local', slurm: {} } } }, 'clusters.a.slurm: '],
  [
    'a directive omitted and overridden',
    { clusters: { a: { login, slurm: { omit: ['gres'], override: { gres: 'gpu:1' } } } } },
    'clusters.a.slurm.omit: gres',
  ],
  [
    'a line that makes a heterogeneous job',
    { clusters: { a: { login, slurm: { extra: ['#SBATCH --nodes=1', '#SBATCH hetjob'] } } } },
    'clusters.a.slurm.extra.1: ',
  ],
  [
    'a GPU type that is not asked for',
    { clusters: { a: { login, gpu: { type: 'a100', request: 'none' } } } },
    'clusters.a.gpu.type: ',
  ],
  [
    'two ways to say what media an engine fetches',
    { clusters: { a: { login, engines: { vllm: { mediaPath: '/d', args: ['--allowed-local-media-path=/e'] } } } } },
    'clusters.a.engines.vllm.mediaPath: ',
  ],
  [
    'a flag that the agent gives',
    { clusters: { a: { login, engines: { sim: { args: ['--port', '8000'] } } } } },
    'clusters.a.engines.sim.args: leave --port out',
  ],
  [
    "an option that a preset's engine does not have",
    { presets: { a: { model: 'a/b', options: { maxModelLength: 4096 } } } },
    'presets.a.options.maxModelLength: is not a setting; did you mean maxModelLen?',
  ],
  [
    "two ways to say a preset's context",
    { presets: { a: { model: 'a/b', options: { maxModelLen: 4096 }, args: ['--max-model-len', '8'] } } },
    'presets.a.options.maxModelLen: args name --max-model-len too',
  ],
  [
    'a server that is told to listen nowhere',
    { clusters: { a: { login, engines: { command: { command: ['serve', '--port', '8000'] } } } } },
    'clusters.a.engines.command.command: ',
  ],
] as const)('contradictionsOf names %s', (_title, config, begins) => {
  const found = contradictionsOf(structuredClone(config) as never);
  expect(found).toHaveLength(1);
  expect(found[0]?.startsWith(begins)).toBe(true);
});
