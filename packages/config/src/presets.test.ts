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
    const split = nodes === 1 && gpusPerNode > 1 ? ['--tensor-parallel-size', String(gpusPerNode)] : [];
    expect([...split, ...(preset?.args ?? [])]).toEqual(plan.args);
  },
);
