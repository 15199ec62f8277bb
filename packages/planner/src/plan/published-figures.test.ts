// Compares the planner with model cards, vLLM's recipes, measurements and the predecessors' tables: model × GPU × outcome.

import { describe, expect, it } from 'vitest';

import { findGpu, type Gpu } from '../gpu.ts';
import type { ModelPreset } from '../model-preset.ts';
import { builtInModels } from '../models/built-in-models.ts';
import { publishedFigures } from '../testing/published-figures.ts';
import { decodeModelFacts } from '../facts/decode-model-facts.ts';
import { gib, kvPerToken } from './memory.ts';
import { placeOfGpu } from './place.ts';
import { planModel } from './plan-model.ts';

function modelNamed(name: string): ModelPreset {
  const found = builtInModels.find((model) => model.name === name);
  if (!found) throw new Error(`no preset ${name}`);
  return found;
}

function gpuNamed(label: string): Gpu {
  const found = findGpu(label);
  if (!('gpu' in found)) throw new Error(`no GPU type ${label}`);
  return found.gpu;
}

describe('A published outcome', () => {
  it.each(publishedFigures)('$model on $gpus × $gpu with $context tokens: fits $fits ($source)', (row) => {
    const place = placeOfGpu(gpuNamed(row.gpu), { gpusPerNode: row.gpus, nodes: row.nodes ?? 1 });
    const wish = { context: row.context, concurrency: 1, kvCacheDtype: 'auto' } as const;
    expect(planModel(modelNamed(row.model), place, wish).fits).toBe(row.fits);
  });
});

describe('The planned KV cache is within 2 % of a published measurement', () => {
  it.each([
    {
      model: 'llama-3.1-8b',
      tp: 1,
      tokens: 23_648,
      gibs: 2.89,
      source: 'https://github.com/vllm-project/vllm/issues/10517',
    },
    {
      model: 'qwen3-235b-fp8',
      tp: 4,
      tokens: 178_880,
      gibs: 8.11,
      source: 'https://github.com/vllm-project/vllm/issues/21348',
    },
    {
      model: 'qwen3-coder-30b',
      tp: 1,
      tokens: 262_144,
      gibs: 24,
      source: 'https://github.com/vllm-project/vllm/issues/34076',
    },
    {
      model: 'llama-3.1-405b',
      tp: 1,
      tokens: 1,
      gibs: 504 / 2 ** 20,
      source: 'https://tooljolt.com/tools/llama-3-1-405b-kv-cache-calculator',
    },
  ])('$model: $gibs GiB for $tokens tokens, tensor-parallel $tp ($source)', ({ model, tp, tokens, gibs }) => {
    const layout = { nodes: 1, gpusPerNode: tp, tp, pp: 1 };
    const planned = (kvPerToken(modelNamed(model), layout, { kvCacheDtype: 'auto' }) * tokens) / gib;
    expect(planned / gibs).toBeGreaterThan(0.98);
    expect(planned / gibs).toBeLessThan(1.02);
  });
});

it('A token of the tiny model takes what a real vLLM 0.32 has printed for it, within 5 %', () => {
  // Recorded: "CPU KV cache size: 2,097,152 tokens, Maximum concurrency for 2,048 tokens per request: 1024.00x", with 1 GiB for the cache.
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 128,
    intermediate_size: 256,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 32,
    num_hidden_layers: 2,
    vocab_size: 512,
    max_position_embeddings: 131_072,
    torch_dtype: 'bfloat16',
  };
  const decoded = decodeModelFacts({ name: 'tiny', model: 'tiny', source: 'a folder', config });
  if (!decoded.ok) throw new Error(decoded.reason);
  const layout = { nodes: 1, gpusPerNode: 1, tp: 1, pp: 1 };
  const planned = kvPerToken(decoded.model, layout, { kvCacheDtype: 'auto' });
  expect(Math.abs((planned * 2_097_152) / gib - 1)).toBeLessThan(0.05);
});
