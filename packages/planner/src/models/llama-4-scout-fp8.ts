// Llama 4 Scout 17B 16E Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { llama4Scout } from './llama-4-scout.ts';

export const llama4ScoutFp8: ModelPreset = variantOf(llama4Scout, {
  name: 'llama-4-scout-fp8',
  model: 'nvidia/Llama-4-Scout-17B-16E-Instruct-FP8',
  title: 'Llama 4 Scout 17B 16E Instruct, FP8',
  quantization: 'fp8',
  weights: {
    bytes: 112_000_000_000,
    how: '109 billion parameters in 1 byte, and 3 % for scales and embeddings',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/meta-llama/Llama-4-Scout-17B-16E-Instruct.yaml',
  },
  fits: { gpu: 'h100:94', gpus: 2, nodes: 1, context: 131_072, concurrency: 2 },
});
