// Qwen3-VL 235B A22B Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { qwen3Vl235b } from './qwen3-vl-235b.ts';

export const qwen3Vl235bFp8: ModelPreset = variantOf(qwen3Vl235b, {
  name: 'qwen3-vl-235b-fp8',
  model: 'Qwen/Qwen3-VL-235B-A22B-Instruct-FP8',
  title: 'Qwen3-VL 235B A22B Instruct, FP8',
  quantization: 'fp8',
  weights: {
    bytes: 241_000_000_000,
    how: '236 billion parameters in 1 byte, and 2 % for scales and embeddings',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-VL-235B-A22B-Instruct.yaml',
  },
  shape: {
    ...qwen3Vl235b.shape,
    maxTensorParallel: {
      size: 4,
      why: 'the FP8 blocks of its experts are 128 wide',
      source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-235B-A22B-Instruct-2507.yaml',
    },
  },
  fits: { gpu: 'h100:94', gpus: 4, nodes: 1, context: 65_536, concurrency: 2 },
});
