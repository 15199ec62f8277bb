// Compares the planner with model cards, vLLM's recipes, measurements and the predecessors' tables: model × GPU × outcome.

import { describe, expect, it } from 'vitest';

import { findGpu, type Gpu } from '../gpu.ts';
import type { ModelPreset } from '../model-preset.ts';
import { builtInModels } from '../models/built-in-models.ts';
import { gib, kvPerToken } from './memory.ts';
import { placeOfGpu } from './place.ts';
import { planModel } from './plan-model.ts';

const recipe = (model: string) => `https://github.com/vllm-project/recipes/blob/main/models/${model}.yaml`;
const scout = 'https://blog.vllm.ai/2025/04/05/llama4.html';
const capella = 'https://github.com/KatherLab/host_vllm';
const curc = 'curc-LLM-hoster, multi-node guide';

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

interface Row {
  model: string;
  gpu: string;
  gpus: number;
  /** Default 1. */
  nodes?: number;
  context: number;
  fits: boolean;
  source: string;
}

const rows: Row[] = [
  {
    model: 'mistral-7b',
    gpu: 'l4:24',
    gpus: 1,
    context: 8192,
    fits: true,
    source: recipe('mistralai/Mistral-7B-Instruct-v0.2'),
  },
  {
    model: 'llama-3.1-8b',
    gpu: 'rtx3090:24',
    gpus: 1,
    context: 20_000,
    fits: true,
    source: 'https://github.com/vllm-project/vllm/issues/10517',
  },
  {
    model: 'llama-3.1-8b',
    gpu: 'l40s:48',
    gpus: 1,
    context: 32_768,
    fits: true,
    source: recipe('meta-llama/Llama-3.1-8B-Instruct'),
  },
  {
    model: 'llama-3.1-8b',
    gpu: 'h100:80',
    gpus: 1,
    context: 131_072,
    fits: true,
    source: recipe('meta-llama/Llama-3.1-8B-Instruct'),
  },
  {
    model: 'llama-3.1-8b',
    gpu: 't4:16',
    gpus: 1,
    context: 4096,
    fits: false,
    source: `${recipe('meta-llama/Llama-3.1-8B-Instruct')}: 20 GB in bf16`,
  },
  {
    model: 'llama-3.1-8b-awq',
    gpu: 'l4:24',
    gpus: 1,
    context: 32_768,
    fits: true,
    source: recipe('meta-llama/Llama-3.1-8B-Instruct'),
  },
  {
    model: 'llama-3.3-70b',
    gpu: 'h100:80',
    gpus: 1,
    context: 4096,
    fits: false,
    source: `${recipe('meta-llama/Llama-3.3-70B-Instruct')}: out of memory with bf16 on one GPU`,
  },
  {
    model: 'llama-3.3-70b',
    gpu: 'h100:80',
    gpus: 2,
    context: 4096,
    fits: true,
    source: `${recipe('meta-llama/Llama-3.3-70B-Instruct')}: 2 GPUs for bf16`,
  },
  {
    model: 'llama-3.3-70b-fp8',
    gpu: 'h100:80',
    gpus: 1,
    context: 4096,
    fits: true,
    source: `${recipe('meta-llama/Llama-3.3-70B-Instruct')}: 1x H100 in FP8`,
  },
  {
    model: 'llama-3.3-70b-fp8',
    gpu: 'h200:141',
    gpus: 1,
    context: 131_072,
    fits: true,
    source: recipe('meta-llama/Llama-3.3-70B-Instruct'),
  },
  {
    model: 'llama-3.1-70b',
    gpu: 'a100:80',
    gpus: 4,
    context: 32_768,
    fits: true,
    source: 'curc-LLM-hoster, architecture: 70B on 4 x A100',
  },
  {
    model: 'llama-3.1-405b',
    gpu: 'h100:80',
    gpus: 8,
    context: 4096,
    fits: false,
    source: `${curc}: 405B does not fit one node`,
  },
  {
    model: 'llama-3.1-405b',
    gpu: 'a100:80',
    gpus: 4,
    nodes: 2,
    context: 4096,
    fits: false,
    source: 'https://canitrun.dev/models/llama-3.1-405b: 810 GB, and 8 x A100 have 640',
  },
  {
    model: 'llama-3.1-405b',
    gpu: 'a100:80',
    gpus: 8,
    nodes: 2,
    context: 32_768,
    fits: true,
    source: `${curc}: tensor-parallel 8 x pipeline 2`,
  },
  {
    model: 'llama-3.1-405b',
    gpu: 'mi300x:192',
    gpus: 8,
    context: 131_072,
    fits: true,
    source: 'https://tensorwave.com/blog/405-billion-parameters-1-node',
  },
  {
    model: 'llama-3.1-405b',
    gpu: 'h200:141',
    gpus: 8,
    context: 32_768,
    fits: true,
    source: 'https://www.servnetuk.com/ai-gpu-calculator/llama-3-405b-gpu-requirements',
  },
  {
    model: 'llama-3.1-405b-fp8',
    gpu: 'h100:80',
    gpus: 8,
    context: 32_768,
    fits: true,
    source: 'https://tooljolt.com/tools/llama-3-1-405b-kv-cache-calculator: 8x H100 80 GB with FP8',
  },
  {
    model: 'mixtral-8x22b',
    gpu: 'a100:40',
    gpus: 1,
    context: 4096,
    fits: false,
    source: 'https://huggingface.co/mistralai/Mixtral-8x22B-Instruct-v0.1/discussions/32',
  },
  {
    model: 'mixtral-8x22b',
    gpu: 'a100:80',
    gpus: 4,
    context: 8192,
    fits: true,
    source: 'https://huggingface.co/mistralai/Mixtral-8x22B-Instruct-v0.1/discussions/32: 300 GB',
  },
  { model: 'gpt-oss-20b', gpu: 'l4:24', gpus: 1, context: 131_072, fits: true, source: `${capella}: 1 GPU of 24 GB` },
  {
    model: 'gpt-oss-120b',
    gpu: 'a100:80',
    gpus: 1,
    context: 131_072,
    fits: true,
    source: `${recipe('openai/gpt-oss-120b')}: 1x A100 80 GB`,
  },
  {
    model: 'gpt-oss-120b',
    gpu: 'a100:80',
    gpus: 4,
    context: 131_072,
    fits: true,
    source: recipe('openai/gpt-oss-120b'),
  },
  {
    model: 'gpt-oss-120b',
    gpu: 'l40s:48',
    gpus: 1,
    context: 4096,
    fits: false,
    source: `${recipe('openai/gpt-oss-120b')}: 96 GB at least`,
  },
  {
    model: 'glm-4.7',
    gpu: 'h200:141',
    gpus: 8,
    context: 65_536,
    fits: true,
    source: `${recipe('zai-org/GLM-4.7')}: bf16 on 8x H200`,
  },
  {
    model: 'glm-4.7',
    gpu: 'h100:80',
    gpus: 4,
    nodes: 2,
    context: 4096,
    fits: false,
    source: `${recipe('zai-org/GLM-4.7')}: 859 GB at least, against the 640 GB of ${capella}`,
  },
  {
    model: 'glm-4.7-fp8',
    gpu: 'h200:141',
    gpus: 4,
    context: 65_536,
    fits: true,
    source: `${recipe('zai-org/GLM-4.7')}: FP8 on 4x H200`,
  },
  {
    model: 'glm-4.7-fp8',
    gpu: 'h100:80',
    gpus: 4,
    nodes: 2,
    context: 65_536,
    fits: true,
    source: `${capella}: 2 nodes, 8 GPUs`,
  },
  {
    model: 'glm-4.7-flash',
    gpu: 'h100:80',
    gpus: 1,
    context: 65_536,
    fits: true,
    source: 'GLM-4.5 README: bf16 on 1x H100',
  },
  { model: 'glm-4.7-flash', gpu: 'h100:80', gpus: 2, context: 131_072, fits: true, source: `${capella}: 2 GPUs` },
  {
    model: 'glm-4.6v',
    gpu: 'h100:80',
    gpus: 4,
    context: 65_536,
    fits: true,
    source: `${recipe('zai-org/GLM-4.6V')}: bf16 on 4x H100`,
  },
  { model: 'glm-4.6v-fp8', gpu: 'h100:80', gpus: 2, context: 65_536, fits: true, source: `${capella}: 2 GPUs` },
  {
    model: 'glm-4.6v-fp8',
    gpu: 'h100:80',
    gpus: 1,
    context: 4096,
    fits: false,
    source: `${recipe('zai-org/GLM-4.6V')}: 128 GB at least`,
  },
  {
    model: 'qwen3-vl-235b',
    gpu: 'h100:80',
    gpus: 8,
    context: 128_000,
    fits: true,
    source: recipe('Qwen/Qwen3-VL-235B-A22B-Instruct'),
  },
  {
    model: 'qwen3-vl-235b',
    gpu: 'a100:80',
    gpus: 8,
    context: 128_000,
    fits: true,
    source: recipe('Qwen/Qwen3-VL-235B-A22B-Instruct'),
  },
  {
    model: 'qwen3-vl-235b',
    gpu: 'a100:80',
    gpus: 4,
    context: 4096,
    fits: false,
    source: `${recipe('Qwen/Qwen3-VL-235B-A22B-Instruct')}: at least 8 GPUs`,
  },
  {
    model: 'qwen3-vl-235b',
    gpu: 'h100:80',
    gpus: 4,
    nodes: 2,
    context: 65_536,
    fits: true,
    source: `${capella}: 2 nodes, 8 GPUs`,
  },
  {
    model: 'qwen3-vl-235b-fp8',
    gpu: 'h100:80',
    gpus: 4,
    context: 32_768,
    fits: true,
    source: `${recipe('Qwen/Qwen3-VL-235B-A22B-Instruct')}: FP8, TP 4`,
  },
  {
    model: 'qwen3-235b',
    gpu: 'h200:141',
    gpus: 4,
    context: 32_768,
    fits: true,
    source: recipe('Qwen/Qwen3-235B-A22B-Instruct-2507'),
  },
  {
    model: 'qwen3-235b-fp8',
    gpu: 'h100:80',
    gpus: 4,
    context: 40_960,
    fits: true,
    source: 'https://github.com/vllm-project/vllm/issues/21348',
  },
  {
    model: 'llama-4-scout',
    gpu: 'h100:80',
    gpus: 2,
    context: 4096,
    fits: false,
    source: `${recipe('meta-llama/Llama-4-Scout-17B-16E-Instruct')}: 262 GB in bf16, against the 160 GB of ${capella}`,
  },
  {
    model: 'llama-4-scout',
    gpu: 'h100:80',
    gpus: 4,
    context: 32_768,
    fits: true,
    source: `${recipe('meta-llama/Llama-4-Scout-17B-16E-Instruct')}: 4x GPUs in bf16`,
  },
  { model: 'llama-4-scout', gpu: 'h100:80', gpus: 8, context: 1_000_000, fits: true, source: scout },
  { model: 'llama-4-scout', gpu: 'h200:141', gpus: 8, context: 3_600_000, fits: true, source: scout },
  {
    model: 'llama-4-scout-fp8',
    gpu: 'h100:80',
    gpus: 2,
    context: 131_072,
    fits: true,
    source: `${recipe('meta-llama/Llama-4-Scout-17B-16E-Instruct')}: 131 GB in FP8`,
  },
  { model: 'llama-4-maverick', gpu: 'h100:80', gpus: 8, context: 430_000, fits: true, source: scout },
  { model: 'llama-4-maverick', gpu: 'h200:141', gpus: 8, context: 1_048_576, fits: true, source: scout },
  {
    model: 'llama-4-maverick',
    gpu: 'h100:80',
    gpus: 4,
    nodes: 2,
    context: 131_072,
    fits: true,
    source: `${capella}: 2 nodes, 8 GPUs, FP8`,
  },
  {
    model: 'deepseek-r1',
    gpu: 'h200:141',
    gpus: 8,
    context: 131_072,
    fits: true,
    source: recipe('deepseek-ai/DeepSeek-R1'),
  },
  {
    model: 'deepseek-r1',
    gpu: 'mi300x:192',
    gpus: 8,
    context: 131_072,
    fits: true,
    source: recipe('deepseek-ai/DeepSeek-R1'),
  },
  {
    model: 'deepseek-r1',
    gpu: 'h100:80',
    gpus: 8,
    context: 4096,
    fits: false,
    source: `${recipe('deepseek-ai/DeepSeek-R1')}: 805 GB at least`,
  },
  { model: 'qwen3-8b', gpu: 'l4:24', gpus: 1, context: 8192, fits: true, source: `${recipe('Qwen/Qwen3-8B')}: 20 GB` },
  {
    model: 'qwen3-32b',
    gpu: 'h100:80',
    gpus: 1,
    context: 32_768,
    fits: true,
    source: `${recipe('Qwen/Qwen3-32B')}: a single 80 GB GPU`,
  },
  {
    model: 'qwen3-32b-fp8',
    gpu: 'a100:40',
    gpus: 1,
    context: 4096,
    fits: true,
    source: `${recipe('Qwen/Qwen3-32B')}: a single 40 GB GPU`,
  },
  {
    model: 'qwen3-32b-awq',
    gpu: 'rtx3090:24',
    gpus: 1,
    context: 4096,
    fits: true,
    source: `${recipe('Qwen/Qwen3-32B')}: a single 24 GB GPU`,
  },
  {
    model: 'qwen3-30b-a3b',
    gpu: 'h100:80',
    gpus: 1,
    context: 32_768,
    fits: true,
    source: `${recipe('Qwen/Qwen3-30B-A3B')}: 74 GB`,
  },
  {
    model: 'gemma-3-27b',
    gpu: 'h100:80',
    gpus: 1,
    context: 32_768,
    fits: true,
    source: 'https://trelis.substack.com/p/gemma-3',
  },
  {
    model: 'deepseek-r1-distill-70b',
    gpu: 'h100:80',
    gpus: 1,
    context: 4096,
    fits: false,
    source: `${recipe('deepseek-ai/DeepSeek-R1-Distill-Llama-70B')}: 168 GB at least`,
  },
];

describe('A published outcome', () => {
  it.each(rows)('$model on $gpus × $gpu with $context tokens: fits $fits ($source)', (row) => {
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
