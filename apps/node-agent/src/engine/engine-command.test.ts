import { Secret } from '@fairlead/kit';
import { engineSpec } from '@fairlead/protocol';
import { expect, it } from 'vitest';
import { engineCommand } from './engine-command.ts';

const input = {
  engine: engineSpec.parse({
    kind: 'vllm',
    command: ['{node}', '{engineSim}', 'serve', 'x'],
    env: { HF_HOME: '/scratch/hf' },
  }),
  instanceId: 'abcdefgh',
  nodePath: '/opt/node',
  engineSim: ['--opt', '/opt/sim.ts'],
  socketPath: '/tmp/fl-1/e.sock',
  directory: '/tmp/fl-1',
  engineKey: new Secret('the-engine-key'),
  hfToken: new Secret('the-hf-token'),
  env: {
    PATH: '/bin',
    NODE_OPTIONS: '--inspect',
    SLURM_JOB_ID: '7',
    HF_HOME: '/home/a/hf',
    VLLM_API_KEY: 'from the job',
  },
};

it('engineCommand fills in the placeholders and adds the socket, and no secret', () => {
  const { argv } = engineCommand(input);
  expect(argv).toEqual(['/opt/node', '--opt', '/opt/sim.ts', 'serve', 'x', '--uds', '/tmp/fl-1/e.sock']);
});

it("engineCommand gives secrets in the environment, over the job's and the spec's own variables", () => {
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

it('engineCommand adds optional arguments before the socket, unless this engine does not know them', () => {
  const optionalArguments = ['--allowed-media-domains', 'none.invalid'];
  const given = { ...input, engine: { ...input.engine, optionalArguments } };
  expect(engineCommand(given).argv.slice(-4)).toEqual([...optionalArguments, '--uds', '/tmp/fl-1/e.sock']);
  expect(engineCommand({ ...given, isPlain: true }).argv).toEqual(engineCommand(input).argv);
});

it.each([
  [['apptainer', 'exec', '--nv', '--cleanenv', 'vllm.sif', 'vllm'], 'APPTAINERENV_'],
  [['/opt/bin/singularity', 'run', '-e', 'vllm.sif'], 'SINGULARITYENV_'],
])('engineCommand brings what the engine needs into a container with a clean environment: %j', (command, prefix) => {
  const env = { ...input.env, CUDA_VISIBLE_DEVICES: '1', LD_PRELOAD: '/x.so' };
  const built = engineCommand({ ...input, env, engine: { ...input.engine, command } }).env;
  expect(built).toMatchObject({
    CUDA_VISIBLE_DEVICES: '1',
    [`${prefix}CUDA_VISIBLE_DEVICES`]: '1',
    [`${prefix}VLLM_API_KEY`]: 'the-engine-key',
    [`${prefix}HF_HOME`]: '/scratch/hf',
    [`${prefix}FAIRLEAD_INSTANCE`]: 'abcdefgh',
  });
  expect(built).not.toHaveProperty(`${prefix}LD_PRELOAD`);
  const inherited = command.filter((word) => word !== '--cleanenv' && word !== '-e');
  const plain = engineCommand({ ...input, env, engine: { ...input.engine, command: inherited } }).env;
  expect(Object.keys(plain).filter((name) => name.startsWith(prefix))).toEqual([]);
});
