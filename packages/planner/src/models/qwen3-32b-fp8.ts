// Qwen3 32B, FP8.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { qwen332b } from './qwen3-32b.ts';

export const qwen332bFp8: ModelPreset = variantOf(qwen332b, {
  name: 'qwen3-32b-fp8',
  model: 'Qwen/Qwen3-32B-FP8',
  title: 'Qwen3 32B, FP8',
  quantization: 'fp8',
  weights: {
    bytes: 34_400_000_000,
    how: '31.2 billion parameters in 1 byte and 1.6 billion in 2',
    source:
      'https://huggingface.co/spaces/polats/ZeroGPU-LLM-Inference/commit/b9efb74a083e612babe39017a137cf90ec9871a6',
  },
  fits: { gpu: 'l40s:48', gpus: 1, nodes: 1, context: 16_384, concurrency: 1 },
});
