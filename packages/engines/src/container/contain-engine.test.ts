// The command lines of containers, by their documented grammar: apptainer(1), singularity(1), ch-run(1), srun(1) and Pyxis' README.

import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { sim } from '../sim/sim.ts';
import { vllm } from '../vllm/vllm.ts';
import { engineCommand, type EngineCommandInput } from '../port/engine-command.ts';
import { checkContainer } from './check-container.ts';
import { type ContainerSettings, containerSettings } from './container-settings.ts';

const image = '/project/vllm.sif';
const place = {
  nodePath: '/rt/bin/node',
  engineSim: ['/rt/sim/engine-sim.mjs'],
  directory: '/local/fl-1',
  socket: '/local/fl-1/e.sock',
  port: '',
  engineKey: new Secret('the-engine-key'),
};
const job = {
  PATH: '/bin',
  HOME: '/home/alice',
  TMPDIR: '/local',
  CUDA_VISIBLE_DEVICES: '1',
  LD_PRELOAD: '/x.so',
  SLURM_EXPORT_ENV: 'NONE',
  SLURM_CPUS_PER_TASK: '8',
};

function contain(container: ContainerSettings, more: Partial<EngineCommandInput> = {}, model = 'a/b') {
  const settings = { args: [], env: { HF_HOME: '/scratch/hf' }, options: {} };
  const wanted = { ...settings, container, model, servedModel: 'b', gpus: 1, nodes: 1 };
  const secrets = { instanceId: 'i-1', hfToken: new Secret('the-hf-token') };
  return engineCommand({ kind: vllm, wanted, place, ...secrets, env: job, isPlain: true, ...more });
}

const served = ['vllm', 'serve', 'a/b', '--served-model-name', 'b', '--uds', '/local/fl-1/e.sock'];

describe('an engine in a container', () => {
  it.each([
    ['apptainer', 'APPTAINERENV_'],
    ['singularity', 'SINGULARITYENV_'],
  ] as const)('%s gets its variables by their prefix, and nothing else of the job', (kind, prefix) => {
    const { argv, env } = contain({ kind, image, binds: ['/data:/mnt/data'], args: ['--no-home'] });
    const binds = ['/data:/mnt/data', '/local/fl-1', '/scratch/hf'].flatMap((bind) => ['--bind', bind]);
    const before = [kind, 'exec', '--nv', '--cleanenv', ...binds, '--pwd', '/local/fl-1', '--no-home', image];
    expect(argv).toEqual([...before, ...served]);
    expect(env).toMatchObject({
      PATH: '/bin',
      [`${prefix}VLLM_API_KEY`]: 'the-engine-key',
      [`${prefix}HF_TOKEN`]: 'the-hf-token',
      [`${prefix}CUDA_VISIBLE_DEVICES`]: '1',
      [`${prefix}FAIRLEAD_INSTANCE`]: 'i-1',
      [`${prefix}HF_HOME`]: '/scratch/hf',
      [`${prefix}TMPDIR`]: '/local/fl-1',
      [`${prefix}PYTHONNOUSERSITE`]: '1',
      FAIRLEAD_INSTANCE: 'i-1',
    });
    for (const name of ['PATH', 'LD_PRELOAD', 'HOME']) expect(env).not.toHaveProperty(`${prefix}${name}`);
  });

  it('charliecloud passes on the environment that it gets, which is that of the engine alone', () => {
    const { argv, env } = contain({ kind: 'charliecloud', image: '/project/vllm', args: ['--set-env'] });
    expect(argv).toEqual([
      'ch-run',
      '--set-env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      '--set-env=TMPDIR=/local/fl-1',
      '--bind=/local/fl-1',
      '--bind=/scratch/hf',
      '--cd=/local/fl-1',
      '--set-env',
      '/project/vllm',
      '--',
      ...served,
    ]);
    expect(env).toMatchObject({
      PATH: '/bin',
      HOME: '/home/alice',
      CUDA_VISIBLE_DEVICES: '1',
      HF_TOKEN: 'the-hf-token',
    });
    expect(env).not.toHaveProperty('LD_PRELOAD');
    // ch-run would bind it at /tmp.
    expect(env).not.toHaveProperty('TMPDIR');
  });

  it('charliecloud binds nothing inside /tmp, which it has already', () => {
    const below = { ...place, directory: '/tmp/fl-1', socket: '/tmp/fl-1/e.sock' };
    expect(contain({ kind: 'charliecloud', image: '/i' }, { place: below }).argv).not.toContain('--bind=/tmp/fl-1');
  });

  it('pyxis is a step of the job with its environment, in which the variables of the engine win over those of the image', () => {
    const { argv, env } = contain({ kind: 'pyxis', image: 'nvcr.io#nvidia/vllm:26.09-py3' });
    expect(argv.slice(0, 4)).toEqual(['srun', '--ntasks=1', '--nodes=1', '--overlap']);
    expect(argv).toContain('--container-image=nvcr.io#nvidia/vllm:26.09-py3');
    expect(argv).toContain('--container-mounts=/local/fl-1:/local/fl-1,/scratch/hf:/scratch/hf');
    expect(argv).toContain('--container-workdir=/local/fl-1');
    expect(argv.find((word) => word.startsWith('--container-env='))).toMatch(
      /CUDA_VISIBLE_DEVICES,.*HF_TOKEN,.*VLLM_API_KEY/,
    );
    expect(argv.slice(-served.length)).toEqual(served);
    expect(env).toMatchObject({ LD_PRELOAD: '/x.so', HF_TOKEN: 'the-hf-token', SRUN_CPUS_PER_TASK: '8' });
    expect(env).not.toHaveProperty('SLURM_EXPORT_ENV');
  });

  it.each([
    ['nvidia', '--nv'],
    ['amd', '--rocm'],
    ['none', undefined],
  ] as const)('gets the driver of %s', (gpu, flag) => {
    const { argv } = contain({ kind: 'apptainer', image, gpu });
    expect(argv.filter((word) => word === '--nv' || word === '--rocm')).toEqual(flag === undefined ? [] : [flag]);
  });

  it.each(containerSettings.shape.kind.options)('%s has no secret in its arguments', (kind) => {
    expect(contain({ kind, image }).argv.join(' ')).not.toMatch(/the-engine-key|the-hf-token/);
  });

  it('sees the folder of a model in a cache whole, because its files are links within that folder', () => {
    const folder = '/models/hub/models--a--b';
    const { argv } = contain({ kind: 'apptainer', image }, {}, `${folder}/snapshots/0abc`);
    expect(argv).toContain(folder);
    expect(argv).toContain(`${folder}/snapshots/0abc`);
  });

  it('sees the directory of the caches as one, although it holds several', () => {
    const caches = { shared: { path: '/scratch/c', isWritable: true } };
    const { argv } = contain({ kind: 'charliecloud', image }, { caches });
    expect(argv.filter((word) => word.startsWith('--bind='))).toEqual([
      '--bind=/local/fl-1',
      '--bind=/scratch/c',
      '--bind=/scratch/hf',
    ]);
  });

  it('sees the programs that come with the agent, and no directory twice', () => {
    const { argv } = contain({ kind: 'apptainer', image, binds: ['/rt', '/scratch'] }, { kind: sim });
    expect(argv.filter((_word, at) => argv[at - 1] === '--bind')).toEqual(['/rt', '/scratch', '/local/fl-1']);
    expect(argv).toContain('/rt/sim/engine-sim.mjs');
  });

  it.each([
    ['command', { command: ['/usr/bin/apptainer', 'run'] }],
    ['container.args', { container: { kind: 'apptainer' as const, image, args: ['--env', 'HF_TOKEN=x'] } }],
    ['container.image', { container: { kind: 'apptainer' as const, image: './vllm.sif' } }],
  ])('is refused for what contradicts it in %s', (path, settings) => {
    const all = { container: { kind: 'apptainer' as const, image }, args: [], env: {}, options: {} };
    expect(checkContainer(all)).toEqual([]);
    expect(checkContainer({ ...all, ...settings }).map((problem) => problem.path)).toEqual([path]);
  });
});
