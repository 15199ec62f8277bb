// Qwen3 30B A3B, GPTQ.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { qwen330bA3b } from './qwen3-30b-a3b.ts';

export const qwen330bA3bGptq: ModelPreset = variantOf(qwen330bA3b, {
  name: 'qwen3-30b-a3b-gptq',
  model: 'Qwen/Qwen3-30B-A3B-GPTQ-Int4',
  title: 'Qwen3 30B A3B, GPTQ',
  quantization: 'gptq',
  weights: {
    bytes: 16_800_000_000,
    how: '29.9 billion parameters in 4.16 bits and the embeddings in 16, computed from its config',
    source: 'https://gitcode.com/Ascend/MindSpeed-RL/blob/master/configs/model/qwen3_30b_a3b.yaml',
  },
  fits: { gpu: 'a100:40', gpus: 1, nodes: 1, context: 32_768, concurrency: 4 },
});
