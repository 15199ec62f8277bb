import { describe, expect, it } from 'vitest';

import { findGpu, type Gpu } from '../gpu.ts';
import type { ModelPreset } from '../model-preset.ts';
import { builtInModels } from '../models/built-in-models.ts';
import { builtInSites } from '../sites/built-in-sites.ts';
import { findChanges } from './find-changes.ts';
import { tensorParallelFault } from './layout.ts';
import { kvPerToken } from './memory.ts';
import { placeOfGpu, placesOfSite, type Place } from './place.ts';
import { planModel } from './plan-model.ts';

function modelNamed(name: string): ModelPreset {
  return builtInModels.find((model) => model.name === name)!;
}

function gpuNamed(label: string): Gpu {
  const found = findGpu(label);
  if (!('gpu' in found)) throw new Error(`no GPU type ${label}`);
  return found.gpu;
}

const node = (label: string, gpusPerNode = 8, nodes = 1): Place => placeOfGpu(gpuNamed(label), { gpusPerNode, nodes });
const wish = { context: 32_768, concurrency: 1, kvCacheDtype: 'auto' } as const;
const aa100 = placesOfSite(builtInSites[0]!).find(({ partition }) => partition === 'aa100')!;

function fittingPlan(name: string, place: Place, wished: Parameters<typeof planModel>[2] = wish) {
  const plan = planModel(modelNamed(name), place, wished);
  if (!plan.fits) throw new Error(plan.why);
  return plan;
}

describe('A plan', () => {
  it('takes the fewest GPUs of a node, and says why fewer are not enough', () => {
    const plan = fittingPlan('llama-3.1-70b', node('a100:80'));
    expect(plan.layout).toEqual({ nodes: 1, gpusPerNode: 4, tp: 4, pp: 1 });
    expect(plan.reasons.find(({ of }) => of === 'GPUs')?.why).toMatch(
      /^4 GPUs \(tensor-parallel 4\)\. 2 GPUs .* are not enough: each GPU would need .* 64 heads, which 3 does not divide$/,
    );
  });

  it('gives a reason for each number', () => {
    const { reasons } = fittingPlan('llama-3.1-8b', aa100);
    expect(reasons.map(({ of }) => of)).toEqual([
      'weights',
      'KV cache',
      'reserve',
      'left',
      'GPUs',
      'CPUs',
      'memory',
      'time',
    ]);
    expect(reasons[1]?.why).toBe('4.0 GiB for 1 × 32768 tokens, 128.0 KiB a token');
  });

  it("asks for the GPUs' share of a node, within the limits of the partition", () => {
    const { job } = fittingPlan('llama-3.1-8b', { ...aa100, cpusPerNode: 12, memoryGbPerNode: 96, maxHours: 2 });
    expect(job).toEqual({ cpus: 4, memoryGb: 32, hours: 2 });
  });

  it('asks for minutes where a partition allows no more', () => {
    const { job, reasons } = fittingPlan('llama-3.1-8b', { ...aa100, maxHours: 20 / 60 });
    expect(job.hours).toBe(20 / 60);
    expect(reasons.find(({ of }) => of === 'time')?.why).toMatch(/^0\.33 h, .* allows 0\.33 h/);
  });

  it('takes no more GPUs than one user may hold, even of one node', () => {
    const site = builtInSites[0]!;
    const partition = { name: 'small', gpu: 'a100:80', gpusPerNode: 4, cpusPerNode: 64, memoryGbPerNode: 512 };
    const placeWith = (maxGpus: number) => placesOfSite({ ...site, partitions: [{ ...partition, maxGpus }] })[0]!;
    expect(planModel(modelNamed('llama-3.1-70b'), placeWith(4), wish)).toMatchObject({ layout: { gpusPerNode: 4 } });
    expect(planModel(modelNamed('llama-3.1-70b'), placeWith(2), wish)).toMatchObject({
      fits: false,
      why: expect.stringMatching(/^even 2 GPUs/),
    });
  });

  it('costs GPUs × hours × the price of a GPU hour', () => {
    const { layout, cost } = fittingPlan('qwen3-32b', aa100);
    expect(layout.gpusPerNode).toBe(3);
    expect(cost).toEqual({ perHour: 3 * 108.6, wholeJob: 3 * 108.6 * 4, unit: 'SU' });
    expect(fittingPlan('qwen3-32b', node('h100:80')).cost).toBeUndefined();
  });

  it('splits over whole nodes if one is too small: tensor parallel inside a node, stages over the nodes', () => {
    const plan = fittingPlan('llama-3.1-405b-fp8', node('h100:94', 4, 4));
    expect(plan.layout).toEqual({ nodes: 2, gpusPerNode: 4, tp: 4, pp: 2 });
    expect(plan.options).toMatchObject({ tensorParallel: 4, pipelineParallel: 2 });
  });

  it('sets the values that vLLM would otherwise choose by its version or its GPU', () => {
    expect(fittingPlan('llama-3.1-8b', node('rtx8000', 1), { ...wish, kvCacheDtype: 'fp8' }).options).toEqual({
      maxModelLen: 32_768,
      maxNumSeqs: 64,
      gpuMemoryUtilization: 0.92,
      kvCacheDtype: 'fp8',
      dtype: 'half',
      toolCallParser: 'llama3_json',
    });
  });

  it.each([
    ['the latent cache of MLA is on every GPU', 'glm-4.7-flash', 4, 47 * 576 * 2],
    ['KV heads are dealt out', 'llama-3.1-8b', 4, 32 * 2 * 2 * 128 * 2],
    ['a KV head that several GPUs need is on each of them', 'qwen3-vl-235b', 8, 94 * 2 * 1 * 128 * 2],
  ])('%s', (_, name, tp, bytes) => {
    const layout = { nodes: 1, gpusPerNode: tp, tp, pp: 1 };
    expect(kvPerToken(modelNamed(name), layout, { kvCacheDtype: 'auto' })).toBe(bytes);
  });

  it('counts no more tokens for the layers of a window than the window has', () => {
    const need = (context: number) =>
      fittingPlan('gpt-oss-20b', node('h100:80', 1), { ...wish, context }).memory.kvCache;
    const perToken = 12 * 2 * 8 * 64 * 2;
    expect(need(131_072) - need(65_536)).toBe(perToken * 65_536);
  });

  it('warns about a GPU that vLLM does not list, and about weights that each step converts', () => {
    expect(fittingPlan('llama-3.1-8b', node('mi100')).warnings).toEqual([expect.stringContaining('may not work')]);
    expect(fittingPlan('qwen3-32b-fp8', node('a100:80')).warnings).toEqual([expect.stringContaining('FP8')]);
    expect(fittingPlan('qwen3-32b-fp8', node('h100:80')).warnings).toEqual([]);
  });

  it('warns of a KV cache in FP8 where the GPU computes none', () => {
    const inFp8 = { ...wish, kvCacheDtype: 'fp8' } as const;
    expect(fittingPlan('llama-3.1-8b', node('a100:80'), inFp8).warnings).toEqual([
      expect.stringMatching(/^a100:80 computes no FP8: .* FP8 KV cache/),
    ]);
    expect(fittingPlan('llama-3.1-8b', node('l40'), inFp8).warnings).toEqual([]);
  });

  it('lets vLLM run as many requests at a time as are wished', () => {
    const { options } = fittingPlan('llama-3.1-8b', node('h100:80'), { ...wish, context: 512, concurrency: 1000 });
    expect(options).toMatchObject({ maxNumSeqs: 1000 });
  });

  it('looks at no more nodes than those of a site', () => {
    expect(placeOfGpu(node('h100:80').gpu, { gpusPerNode: 8, nodes: 999_999_999 }).nodes).toBe(8);
  });
});

describe('A plan that does not fit', () => {
  it.each([
    ['a format without kernel', 'gpt-oss-20b', node('mi100'), wish, /mi100:32 has no kernel of vLLM for MXFP4/],
    ['fp16 that it refuses', 'gemma-3-27b', node('rtx8000:48'), wish, /rtx8000:48 has no bf16: vLLM refuses Gemma 3/],
    ['a context beyond the window', 'qwen3-8b', node('h100:80'), { ...wish, context: 50_000 }, /at most 40960 tokens/],
    [
      'too little memory',
      'llama-3.1-70b',
      node('a100:40', 2),
      wish,
      /even 2 GPUs .* each GPU would need .* and has 36\.2 GiB/,
    ],
  ])('for %s says so', (_, name, place, wished, why) => {
    expect(planModel(modelNamed(name), place, wished)).toMatchObject({ fits: false, why: expect.stringMatching(why) });
  });

  it.each([
    ['fewer requests', 'llama-3.1-8b', 'rtx3090:24', { ...wish, concurrency: 8 }, '--concurrency 1'],
    ['a cache in FP8', 'llama-3.1-8b', 'l4:24', wish, '--kv-cache fp8'],
    ['a shorter context', 'mistral-7b', 'rtx8000:48', { ...wish, concurrency: 10 }, '--concurrency 6'],
    ['the window', 'qwen3-8b', 'h100:80', { ...wish, context: 50_000 }, '--context 40960'],
    ['the same model in another format', 'llama-3.1-70b', 'h100:94', wish, 'llama-3.1-70b-fp8 --kv-cache fp8'],
  ])('first offers the smallest change: %s', (_, name, gpu, wished, flags) => {
    const model = modelNamed(name);
    const siblings = (model.siblings ?? []).map(modelNamed);
    const place = node(gpu, 1);
    const [change] = findChanges(model, place, { wish: wished, siblings });
    expect([change?.model, change?.flags].filter(Boolean).join(' ')).toBe(flags);
  });

  it('offers only what fits, and other GPUs at the end', () => {
    const model = modelNamed('llama-3.1-405b');
    const changes = findChanges(model, node('a100:40'), { wish, siblings: [modelNamed('llama-3.1-405b-fp8')] });
    expect(changes).toEqual([{ what: 'take 8 GPUs (tensor-parallel 8) of h200:141' }]);
  });
});

describe('A tensor-parallel size', () => {
  it.each([
    ['glm-4.7-flash', 8, /20 heads, which 8 does not divide/],
    ['glm-4.7-flash', 5, /at most 4: its experts/],
    ['qwen3-vl-235b-fp8', 8, /at most 4: the FP8 blocks/],
    ['mixtral-8x22b', 3, /8 KV heads, which cannot be shared evenly by 3/],
  ])('of %s is refused: %i', (name, tp, why) => {
    expect(tensorParallelFault(modelNamed(name), tp)).toMatch(why);
  });

  it('may be larger than the number of KV heads, which are then repeated', () => {
    expect(tensorParallelFault(modelNamed('qwen3-vl-235b'), 8)).toBeUndefined();
  });
});
