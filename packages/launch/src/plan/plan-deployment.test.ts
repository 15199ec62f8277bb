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
    expect(plan.engineSettings).toMatchObject({
      args: [],
      options: { maxModelLen: 32_768, toolCallParser: 'llama3_json' },
    });
  });

  it('of any model runs it with vLLM on one GPU', () => {
    expect(planDeployment({ what: 'Qwen/Qwen3-8B' }, {}, {})).toMatchObject({
      name: 'qwen3-8b',
      servedModel: 'Qwen/Qwen3-8B',
      engine: 'vllm',
      gpus: 1,
    });
  });

  it("hands an engine's own options on, and no argument that a preset has for another engine", () => {
    const cluster = { engines: { vllm: { mediaDomains: ['*'], readyLimitSeconds: 60 } as object } };
    expect(planDeployment({ what: 'a/b' }, {}, cluster).engineSettings.options).toEqual({ mediaDomains: ['*'] });
    const simulated = planDeployment({ what: 'llama-3.1-8b', engine: 'sim' }, {}, cluster);
    expect(simulated.engineSettings).toEqual({ args: [], env: {}, options: {} });
  });

  it("takes the cluster's options over what a preset says, in whichever form", () => {
    const cluster = { engines: { vllm: { maxModelLen: 8192, args: ['--seed', '2'] } as object } };
    const presets = { mine: { model: 'a/b', options: { seed: 1, dtype: 'half' } } };
    const { engineSettings } = planDeployment({ what: 'mine' }, { presets }, cluster);
    expect(engineSettings).toMatchObject({ args: ['--seed', '2'], options: { dtype: 'half', maxModelLen: 8192 } });
    expect(engineSettings.options).not.toHaveProperty('seed');
    const built = planDeployment({ what: 'llama-3.1-8b' }, {}, cluster).engineSettings;
    expect(built.options).toMatchObject({ maxModelLen: 8192, toolCallParser: 'llama3_json' });
    const byHand = { engines: { vllm: { args: ['--max-model-len=4096'] } } };
    const { args, options } = planDeployment({ what: 'llama-3.1-8b' }, {}, byHand).engineSettings;
    expect(args).toEqual(['--max-model-len=4096']);
    expect(options).not.toHaveProperty('maxModelLen');
  });

  it("takes the cluster's command and arguments, and flags over presets over the cluster", () => {
    const cluster = {
      slurm: { time: '10:00:00', mem: '8G' },
      engines: { vllm: { command: ['apptainer', 'run', 'vllm.sif'], args: ['--dtype', 'half'], env: { A: '1' } } },
    };
    const plan = planDeployment({ what: 'a/b', time: '30' }, {}, cluster);
    expect(plan.engineSettings).toEqual({ ...cluster.engines.vllm, options: {} });
    expect(plan).toMatchObject({ timeMinutes: 30, mem: '8G' });
    expect(planDeployment({ what: 'a/b' }, {}, cluster).timeMinutes).toBe(600);
  });

  it('of a server of your own says what a port without a key opens, and refuses what contradicts itself', () => {
    const serve = (...command: string[]) =>
      planDeployment({ what: 'a/b', engine: 'command' }, {}, { engines: { command: { command } } });
    expect(serve('serve', '{socket}').risks).toEqual([]);
    expect(serve('serve', '{port}').risks).toEqual([expect.stringContaining('takes no key')]);
    expect(() => serve('serve')).toThrow(/engines\.command\.command: does not say where to listen/);
  });

  it('takes presets of the configuration', () => {
    expect(planDeployment({ what: 'mine' }, { presets: { mine: { model: '/models/m' } } }, {}).model).toBe('/models/m');
  });

  it.each([
    [{ what: 'lama-3.1-8b' }, /no preset/, /Did you mean llama-3.1-8b/],
    [{ what: 'constructor' }, /no preset/, /Presets: demo/],
    [{ what: 'Llama-3.1-8B-Instruct' }, /no preset/, /Did you mean llama-3.1-8b/],
    [{ what: 'a/b', time: 'soon' }, /time limit "soon"/, /04:00:00/],
    [{ what: 'a/b', engine: 'vlm' }, /engine "vlm"/, /Engines: vllm, sim, command/],
  ])('of %j is refused with what to do', (request, message, hint) => {
    expect(() => planDeployment(request, {}, {})).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringMatching(hint) }),
    );
  });
});

describe('A plan over several nodes', () => {
  it('is what flag, preset or model says', () => {
    expect(planDeployment({ what: 'a/b', nodes: 2, gpus: 4 }, {}, {})).toMatchObject({ nodes: 2, gpus: 4 });
    const config = { presets: { mine: { model: '/models/m', nodes: 3 } } };
    expect(planDeployment({ what: 'mine' }, config, {}).nodes).toBe(3);
    expect(planDeployment({ what: 'llama-3.1-405b-fp8' }, {}, {})).toMatchObject({ nodes: 2, gpus: 4 });
    expect(planDeployment({ what: 'demo', nodes: 2 }, {}, {}).nodes).toBe(2);
  });

  it('is refused on a local cluster, and with settings that contradict it', () => {
    expect(() => planDeployment({ what: 'a/b', nodes: 2 }, {}, { kind: 'local' })).toThrow(
      /a local cluster is one node/,
    );
    const own = { engines: { command: { command: ['serve', '{socket}'] } } };
    expect(() => planDeployment({ what: 'a/b', engine: 'command', nodes: 2 }, {}, own)).toThrow(/runs on one node/);
    const ray = { engines: { vllm: { args: ['--distributed-executor-backend', 'ray'] } } };
    expect(() => planDeployment({ what: 'a/b', nodes: 2 }, {}, ray)).toThrow(
      /engines\.vllm\.args: use the setting executor: ray/,
    );
  });
});

it('A plan with a secret among the arguments is refused', () => {
  const cluster = { engines: { vllm: { args: ['--api-key', 'x'] } } };
  expect(() => planDeployment({ what: 'a/b' }, {}, cluster)).toThrow(/readable by every user of the node/);
});

it.each(['--middleware=x', '~/models/a', '$WORK/a', './models/a', '../a/b'])(
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
