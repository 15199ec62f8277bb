// GLM-4.6V, FP8.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { glm46v } from './glm-4.6v.ts';

export const glm46vFp8: ModelPreset = variantOf(glm46v, {
  name: 'glm-4.6v-fp8',
  model: 'zai-org/GLM-4.6V-FP8',
  title: 'GLM-4.6V, FP8',
  quantization: 'fp8',
  weights: {
    bytes: 109_000_000_000,
    how: '108 billion parameters in 1 byte, and 1 % for scales',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.6V.yaml',
  },
  fits: { gpu: 'h100:94', gpus: 2, nodes: 1, context: 65_536, concurrency: 2 },
});
