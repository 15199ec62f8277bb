import { findEngineKind } from '@fairlead/engines';
import { builtInModels, findGpu, placeOfGpu, planModel } from '@fairlead/planner';
import { expect, it } from 'vitest';

import { builtInPresets } from './presets.ts';

it.each(builtInModels.map((model) => [model.name, model] as const))(
  '%s is deployed as it is planned',
  (name, model) => {
    const { gpu, gpus: gpusPerNode, nodes, ...wish } = model.fits;
    const found = findGpu(gpu);
    if (!('gpu' in found)) throw new Error(`${gpu} is no GPU type`);
    const plan = planModel(model, placeOfGpu(found.gpu, { gpusPerNode, nodes }), { ...wish, kvCacheDtype: 'auto' });
    if (!plan.fits) throw new Error(plan.why);
    const preset = builtInPresets[name];
    expect(preset).toMatchObject({ model: model.model, gpus: plan.layout.gpusPerNode });
    // The engine splits a model over the GPUs of one node automatically.
    const split = nodes === 1 && gpusPerNode > 1 ? { tensorParallel: gpusPerNode } : {};
    expect({ ...split, ...preset?.options }).toEqual(plan.options);
    expect(preset?.args ?? []).toEqual(plan.args);
    const kind = findEngineKind('vllm');
    const settings = { args: plan.args, env: {}, options: plan.options };
    expect(kind.check(settings).problems).toEqual([]);
    // An argument stands only for what is no setting of the engine.
    const every = Object.fromEntries(Object.keys(kind.options.shape).map((option) => [option, true]));
    const beside = kind.combine?.({ args: plan.args, options: {} }, { args: [], env: {}, options: every });
    expect(beside?.args).toEqual(plan.args);
  },
);
