import { describe, expect, it } from 'vitest';

import { deriveName, planDeployment } from './plan-deployment.ts';

describe('A plan', () => {
  it('of a preset takes its model, engine, GPUs and flags', () => {
    const plan = planDeployment({ what: 'llama-3.1-8b' }, {}, {});
    expect(plan).toMatchObject({
      name: 'llama-3-1-8b',
      model: 'meta-llama/Llama-3.1-8B-Instruct',
      servedModel: 'llama-3.1-8b',
      engine: 'vllm',
      gpus: 1,
      timeMinutes: 240,
    });
    expect(plan.engineCommand.slice(0, 5)).toEqual([
      'vllm',
      'serve',
      'meta-llama/Llama-3.1-8B-Instruct',
      '--served-model-name',
      'llama-3.1-8b',
    ]);
  });

  it('of any model runs it with vLLM on one GPU', () => {
    expect(planDeployment({ what: 'Qwen/Qwen3-8B' }, {}, {})).toMatchObject({
      name: 'qwen3-8b',
      servedModel: 'Qwen/Qwen3-8B',
      engine: 'vllm',
      gpus: 1,
    });
  });

  it('over several GPUs splits the model by them', () => {
    expect(planDeployment({ what: 'a/b', gpus: 4 }, {}, {}).engineCommand.join(' ')).toContain(
      '--tensor-parallel-size 4',
    );
  });

  it('has vLLM fetch no media unless the configuration opens it, and tells the simulator nothing of it', () => {
    const closed = planDeployment({ what: 'a/b' }, {}, {});
    expect(closed.optionalArguments).toEqual([
      '--allowed-media-domains',
      'none-see-mediaDomains-in-fairlead-yaml.invalid',
    ]);
    expect(closed.engineEnv).toEqual({ VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0' });
    const opened = { engines: { vllm: { mediaDomains: ['*'], mediaPath: '/data/img' } } };
    const open = planDeployment({ what: 'a/b' }, {}, opened);
    expect(open).toMatchObject({ optionalArguments: [], engineEnv: {} });
    expect(open.engineCommand.slice(-2)).toEqual(['--allowed-local-media-path', '/data/img']);
    const simulator = planDeployment({ what: 'a/b', engine: 'sim' }, {}, {});
    expect(simulator).toMatchObject({ optionalArguments: [], engineEnv: {} });
  });

  it("gives the simulator nothing of vLLM's flags", () => {
    const plan = planDeployment({ what: 'llama-3.1-8b', engine: 'sim' }, {}, {});
    expect(plan.engineCommand).toEqual([
      '{node}',
      '{engineSim}',
      'serve',
      'meta-llama/Llama-3.1-8B-Instruct',
      '--served-model-name',
      'llama-3.1-8b',
    ]);
  });

  it("takes the cluster's command and arguments, and flags over presets over the cluster", () => {
    const cluster = {
      slurm: { time: '10:00:00', mem: '8G' },
      engines: { vllm: { command: ['apptainer', 'run', 'vllm.sif'], args: ['--dtype', 'half'], env: { A: '1' } } },
    };
    const plan = planDeployment({ what: 'a/b', time: '30' }, {}, cluster);
    expect(plan.engineCommand.slice(0, 3)).toEqual(['apptainer', 'run', 'vllm.sif']);
    expect(plan.engineCommand.slice(-2)).toEqual(['--dtype', 'half']);
    expect(plan).toMatchObject({ timeMinutes: 30, mem: '8G', engineEnv: { A: '1' } });
    expect(planDeployment({ what: 'a/b' }, {}, cluster).timeMinutes).toBe(600);
  });

  it('takes presets of the configuration', () => {
    expect(planDeployment({ what: 'mine' }, { presets: { mine: { model: '/models/m' } } }, {}).model).toBe('/models/m');
  });

  it.each([
    [{ what: 'lama-3.1-8b' }, /no preset/, /Did you mean llama-3.1-8b/],
    [{ what: 'constructor' }, /no preset/, /Presets: demo/],
    [{ what: 'Llama-3.1-8B-Instruct' }, /no preset/, /Did you mean llama-3.1-8b/],
    [{ what: 'a/b', time: 'soon' }, /time limit "soon"/, /04:00:00/],
    [{ what: 'a/b', nodes: 2 }, /one node/, /--nodes/],
  ])('of %j is refused with what to do', (request, message, hint) => {
    expect(() => planDeployment(request, {}, {})).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringMatching(hint) }),
    );
  });
});

it('A plan with a secret among the arguments is refused', () => {
  const cluster = { engines: { vllm: { args: ['--api-key', 'x'] } } };
  expect(() => planDeployment({ what: 'a/b' }, {}, cluster)).toThrow(/readable by every user of the node/);
});

it.each(['--middleware=x', '~/models/a', '$WORK/a'])(
  'A model that the engine would not read as one is refused: %s',
  (model) =>
    expect(() => planDeployment({ what: 'odd' }, { presets: { odd: { model } } }, {})).toThrow(/absolute path/),
);

describe('A name that was asked for', () => {
  it('is refused in words where control would not take it, with one that it would', () => {
    expect(planDeployment({ what: 'demo', name: 'my-demo' }, {}, {}).name).toBe('my-demo');
    expect(() => planDeployment({ what: 'demo', name: 'My Demo' }, {}, {})).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'For example --name my-demo' }),
    );
  });
});

describe('A name made of a model', () => {
  it.each([
    ['meta-llama/Llama-3.1-8B-Instruct', 'llama-3-1-8b-instruct'],
    ['/models/My Model/', 'my-model'],
    ['x/123', 'model'],
    [`x/${'a'.repeat(60)}`, 'a'.repeat(40)],
  ])('%s is %s', (what, name) => expect(deriveName(what)).toBe(name));
});
