// Llama 3.1 405B Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { llama31405b } from './llama-3.1-405b.ts';

export const llama31405bFp8: ModelPreset = variantOf(llama31405b, {
  name: 'llama-3.1-405b-fp8',
  model: 'meta-llama/Llama-3.1-405B-Instruct-FP8',
  title: 'Llama 3.1 405B Instruct, FP8',
  quantization: 'fp8',
  weights: {
    bytes: 496_085_902_557,
    how: 'vLLM reports 57.75 GiB on each of 8 GPUs: its attention is in bf16',
    source: 'https://github.com/vllm-project/vllm/issues/6746',
  },
  fits: { gpu: 'h100:94', gpus: 4, nodes: 2, context: 32_768, concurrency: 2 },
});
