// GLM-4.7, FP8.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { glm47 } from './glm-4.7.ts';

export const glm47Fp8: ModelPreset = variantOf(glm47, {
  name: 'glm-4.7-fp8',
  model: 'zai-org/GLM-4.7-FP8',
  title: 'GLM-4.7, FP8',
  quantization: 'fp8',
  weights: {
    bytes: 362_000_000_000,
    how: '358 billion parameters in 1 byte, and 1 % for scales',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.7.yaml',
  },
  fits: { gpu: 'h100:94', gpus: 4, nodes: 2, context: 65_536, concurrency: 4 },
});
