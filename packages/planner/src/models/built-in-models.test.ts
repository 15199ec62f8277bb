import { describe, expect, it } from 'vitest';

import { findGpu } from '../gpu.ts';
import { modelPreset } from '../model-preset.ts';
import { placeOfGpu } from '../plan/place.ts';
import { planModel } from '../plan/plan-model.ts';
import { builtInModels } from './built-in-models.ts';

const names = builtInModels.map(({ name }) => name);

describe.each(builtInModels.map((model) => [model.name, model] as const))('The preset %s', (_, model) => {
  it('matches the schema', () => {
    expect(modelPreset.parse(model)).toEqual(model);
  });

  it('fits where it says, and fewer GPUs are not enough', () => {
    const { gpu, gpus: gpusPerNode, nodes, ...wish } = model.fits;
    const found = findGpu(gpu);
    if (!('gpu' in found)) throw new Error(`${gpu} is no GPU type`);
    const plan = planModel(model, placeOfGpu(found.gpu, { gpusPerNode, nodes }), { ...wish, kvCacheDtype: 'auto' });
    expect(plan).toMatchObject({ fits: true, layout: { gpusPerNode, nodes } });
  });

  it('names existing siblings', () => {
    expect(names).toEqual(expect.arrayContaining(model.siblings ?? []));
  });
});

it('A preset of another format takes from its base what they share', () => {
  for (const base of builtInModels)
    for (const sibling of builtInModels.filter(({ name }) => base.siblings?.includes(name)))
      expect(sibling.context).toBe(base.context);
});

it('No two presets have the same name or model', () => {
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(builtInModels.map(({ model }) => model)).size).toBe(names.length);
});
