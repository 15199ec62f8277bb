import { describe, expect, it } from 'vitest';

import { findGpu } from '../gpu.ts';
import { builtInModels } from '../models/built-in-models.ts';
import { placeOfGpu } from '../plan/place.ts';
import { planModel } from '../plan/plan-model.ts';
import { defaultWish } from '../plan/memory.ts';
import { decodeModelFacts } from './decode-model-facts.ts';
import { recordedConfigs } from './recorded-configs.ts';

const decode = (config: unknown, more: { index?: unknown; weightBytes?: number; pipelineTag?: string } = {}) =>
  decodeModelFacts({ name: 'a/b', model: 'a/b', source: 'hub', config, ...more });

const factsOf = (config: unknown, more?: { index?: unknown; weightBytes?: number; pipelineTag?: string }) => {
  const decoded = decode(config, more);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.model;
};

describe("A model's own files", () => {
  // The same model by hand, from other sources: both ways must agree.
  it.each(Object.entries(recordedConfigs))('%s have the shape of its preset', (preset, config) => {
    const known = builtInModels.find(({ name }) => name === preset)!;
    const { shape, quantization, context, task } = factsOf(config);
    const { layers, hidden, heads, kvCache, experts, hasVision } = shape;
    const { shape: wanted } = known;
    expect({ quantization, task, layers, hidden, heads, kvCache, experts, hasVision }).toEqual({
      quantization: known.quantization,
      task: known.task,
      layers: wanted.layers,
      hidden: wanted.hidden,
      heads: wanted.heads,
      kvCache: wanted.kvCache,
      experts: wanted.experts,
      hasVision: wanted.hasVision,
    });
    expect(context.tokens).toBeGreaterThanOrEqual(Math.min(known.context.tokens, 32_768));
    expect(shape.estimate).toBeUndefined();
  });

  it.each(Object.entries(recordedConfigs).filter(([name]) => !/whisper|bge/.test(name)))(
    '%s give weights near that of its preset, where no file says their size',
    (preset, config) => {
      const { bytes } = builtInModels.find(({ name }) => name === preset)!.weights;
      expect(factsOf(config).weights.bytes / bytes).toBeGreaterThan(0.85);
      expect(factsOf(config).weights.bytes / bytes).toBeLessThan(1.1);
    },
  );

  it.each([
    ['Qwen3ForCausalLM', 'feature-extraction', 'embedding'],
    ['Qwen3ForCausalLM', 'text-ranking', 'reranker'],
    ['Qwen3ForCausalLM', 'text-generation', 'chat'],
    ['Qwen3ForCausalLM', undefined, 'chat'],
    ['BertForSequenceClassification', 'sentence-similarity', 'reranker'],
    ['Qwen2AudioForConditionalGeneration', 'automatic-speech-recognition', 'speech'],
  ])('%s with the tag %s is a model of the task %s', (architecture, pipelineTag, task) => {
    const config = { ...recordedConfigs['llama-3.1-8b'], architectures: [architecture] };
    expect(factsOf(config, pipelineTag === undefined ? {} : { pipelineTag }).task).toBe(task);
  });

  it('have the size of their weights from the index, then from the files', () => {
    const config = recordedConfigs['llama-3.1-8b'];
    expect(factsOf(config, { index: { metadata: { total_size: 5 } }, weightBytes: 7 }).weights.bytes).toBe(5);
    expect(factsOf(config, { index: { metadata: {} }, weightBytes: 7 }).weights.bytes).toBe(7);
  });

  it.each([
    ['fp8', { quant_method: 'fbgemm_fp8' }],
    ['fp8', { quant_method: 'modelopt', quant_algo: 'FP8' }],
    [
      'fp8',
      { quant_method: 'compressed-tensors', config_groups: { group_0: { weights: { num_bits: 8, type: 'float' } } } },
    ],
    [
      'gptq',
      { quant_method: 'compressed-tensors', config_groups: { group_0: { weights: { num_bits: 4, type: 'int' } } } },
    ],
    ['awq', { quant_method: 'awq', bits: 4 }],
  ])('in %s are known by %j', (format, quantization) => {
    const config = { ...recordedConfigs['llama-3.1-8b'], quantization_config: quantization };
    expect(factsOf(config).quantization).toBe(format);
  });

  it.each([
    ['no object', [], /no object/],
    ['an adapter', { peft_type: 'LORA' }, /layers, hidden size and heads/],
    ['no window', { ...recordedConfigs['llama-3.1-8b'], max_position_embeddings: '8k' }, /how many tokens/],
    [
      'a format that is not known',
      { ...recordedConfigs['llama-3.1-8b'], quantization_config: { quant_method: 'bitsandbytes' } },
      /weight format bitsandbytes/,
    ],
    ['negative layers', { ...recordedConfigs['llama-3.1-8b'], num_hidden_layers: -1 }, /layers/],
  ])('with %s are refused in words', (_, config, reason) => {
    expect(decode(config)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  it('of an unknown architecture are an estimate, and say so', () => {
    const config = {
      ...recordedConfigs['llama-3.1-8b'],
      model_type: 'newllm',
      layer_types: ['full_attention', 'mamba'],
    };
    const model = factsOf(config);
    expect(model.shape.estimate).toMatch(/an estimate: the architecture newllm .*; layers of mamba are counted/);
    const { gpu } = findGpu('a100:40') as { gpu: Parameters<typeof placeOfGpu>[0] };
    const plan = planModel(model, placeOfGpu(gpu, { gpusPerNode: 4, nodes: 1 }), defaultWish(model));
    expect(plan).toMatchObject({ fits: true, layout: { gpusPerNode: 1 } });
    expect(plan.warnings).toEqual([expect.stringMatching(/an estimate/)]);
  });
});
