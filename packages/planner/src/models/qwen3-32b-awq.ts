// Qwen3 32B, AWQ.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { qwen332b } from './qwen3-32b.ts';

export const qwen332bAwq: ModelPreset = variantOf(qwen332b, {
  name: 'qwen3-32b-awq',
  model: 'Qwen/Qwen3-32B-AWQ',
  title: 'Qwen3 32B, AWQ',
  quantization: 'awq',
  weights: {
    bytes: 19_300_000_000,
    how: '31.2 billion parameters in 4.16 bits and 1.6 billion in 16',
    source:
      'https://huggingface.co/spaces/polats/ZeroGPU-LLM-Inference/commit/b9efb74a083e612babe39017a137cf90ec9871a6',
  },
  fits: { gpu: 'a100:40', gpus: 1, nodes: 1, context: 32_768, concurrency: 1 },
});
