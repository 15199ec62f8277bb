// DeepSeek R1 0528.

import type { ModelPreset } from '../model-preset.ts';

export const deepseekR1: ModelPreset = {
  name: 'deepseek-r1',
  model: 'deepseek-ai/DeepSeek-R1-0528',
  title: 'DeepSeek R1 0528',
  task: 'chat',
  quantization: 'fp8',
  weights: {
    bytes: 680_000_000_000,
    how: '671 billion parameters in 1 byte, and 1.3 % for scales and embeddings',
    // 58 layers × 256 experts × 3 matrices of 7,168 × 2,048.
    expertShare: 0.96,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/deepseek-ai/DeepSeek-R1.yaml',
  },
  shape: {
    layers: 61,
    hidden: 7_168,
    heads: 128,
    kvCache: { kind: 'latent', rank: 512, ropeDim: 64 },
    experts: { count: 256, perToken: 8 },
    source:
      'https://huggingface.co/FILM6912/DeepSeek-V3/blob/fbcffd29c9a96d0fb296252449a8060143645c48/inference/configs/config_671B.json',
  },
  context: {
    tokens: 163_840,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/deepseek-ai/DeepSeek-R1.yaml',
  },
  options: { reasoningParser: 'deepseek_r1', expertParallel: true },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/deepseek-ai/DeepSeek-R1.yaml',
  hours: 24,
  fits: { gpu: 'h200:141', gpus: 8, nodes: 1, context: 65_536, concurrency: 4 },
};
