import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { sim } from '../sim/sim.ts';
import { vllm } from '../vllm/vllm.ts';
import { engineCommand, type EngineCommandInput } from './engine-command.ts';

const input: EngineCommandInput = {
  kind: vllm,
  wanted: {
    model: 'a/b',
    servedModel: 'b',
    gpus: 1,
    nodes: 1,
    args: ['--dtype', 'half'],
    env: { HF_HOME: '/scratch/hf' },
    options: {},
  },
  place: {
    nodePath: '/opt/node',
    engineSim: ['--opt', '/opt/sim.ts'],
    directory: '/tmp/fl-1',
    socket: '/tmp/fl-1/e.sock',
    port: '',
    engineKey: new Secret('the-engine-key'),
  },
  instanceId: 'abcdefgh',
  hfToken: new Secret('the-hf-token'),
  env: {
    PATH: '/bin',
    NODE_OPTIONS: '--inspect',
    SLURM_JOB_ID: '7',
    HF_HOME: '/home/a/hf',
    VLLM_API_KEY: 'from the job',
  },
};
const optional = ['--allowed-media-domains', 'none-see-mediaDomains-in-fairlead-yaml.invalid'];

it('engineCommand makes the command line from the wanted engine and the values of the node', () => {
  const served = ['a/b', '--served-model-name', 'b', '--dtype', 'half', '--uds', '/tmp/fl-1/e.sock'];
  expect(engineCommand(input).argv).toEqual(['vllm', 'serve', ...served, ...optional]);
  const simulated = engineCommand({ ...input, kind: sim }).argv;
  expect(simulated).toEqual(['/opt/node', '--opt', '/opt/sim.ts', 'serve', ...served]);
});

it('engineCommand puts secrets into the environment, where they override variables of the job and of the spec', () => {
  const { env } = engineCommand(input);
  expect(env).toMatchObject({
    PATH: '/bin',
    SLURM_JOB_ID: '7',
    HF_HOME: '/scratch/hf',
    VLLM_API_KEY: 'the-engine-key',
    HF_TOKEN: 'the-hf-token',
    FAIRLEAD_INSTANCE: 'abcdefgh',
  });
  expect(env).not.toHaveProperty('NODE_OPTIONS');
});

it('engineCommand leaves out optional arguments for an engine that does not know them', () => {
  const plain = engineCommand({ ...input, isPlain: true });
  expect(plain.argv).not.toContain('--allowed-media-domains');
  expect(plain.optional).toBeUndefined();
});

it.each([
  [['apptainer', 'exec', '--nv', '--cleanenv', 'vllm.sif', 'vllm'], 'APPTAINERENV_'],
  [['/opt/bin/singularity', 'run', '-e', 'vllm.sif'], 'SINGULARITYENV_'],
])('engineCommand brings what the engine needs into a container with a clean environment: %j', (command, prefix) => {
  const env = { ...input.env, CUDA_VISIBLE_DEVICES: '1', LD_PRELOAD: '/x.so', VLLM_CACHE_ROOT: '/c' };
  const built = engineCommand({ ...input, env, wanted: { ...input.wanted, command } }).env;
  expect(built).toMatchObject({
    CUDA_VISIBLE_DEVICES: '1',
    [`${prefix}CUDA_VISIBLE_DEVICES`]: '1',
    [`${prefix}VLLM_API_KEY`]: 'the-engine-key',
    [`${prefix}VLLM_CACHE_ROOT`]: '/c',
    [`${prefix}HF_HOME`]: '/scratch/hf',
    [`${prefix}FAIRLEAD_INSTANCE`]: 'abcdefgh',
  });
  expect(built).not.toHaveProperty(`${prefix}LD_PRELOAD`);
  const inherited = command.filter((word) => word !== '--cleanenv' && word !== '-e');
  const plain = engineCommand({ ...input, env, wanted: { ...input.wanted, command: inherited } }).env;
  expect(Object.keys(plain).filter((name) => name.startsWith(prefix))).toEqual([]);
});
