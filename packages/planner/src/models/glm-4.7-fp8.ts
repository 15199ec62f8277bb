// GLM-4.7, FP8.

import type { ModelPreset } from '../model-preset.ts';

export const glm47Fp8: ModelPreset = {
  name: 'glm-4.7-fp8',
  model: 'zai-org/GLM-4.7-FP8',
  title: 'GLM-4.7, FP8',
  task: 'chat',
  licence: { name: 'MIT', isGated: false, source: 'https://huggingface.co/docs/transformers/en/model_doc/glm4_moe' },
  quantization: 'fp8',
  weights: {
    bytes: 362_000_000_000,
    how: '358 billion parameters in 1 byte, and 1 % for scales',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.7.yaml',
  },
  shape: {
    layers: 92,
    hidden: 5_120,
    heads: 96,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    experts: { count: 160, perToken: 8 },
    source: 'https://huggingface.co/zai-org/GLM-4.7/blob/refs%2Fpr%2F49/config.json',
  },
  context: { tokens: 202_752, source: 'https://huggingface.co/zai-org/GLM-4.7/blob/refs%2Fpr%2F49/config.json' },
  args: ['--enable-auto-tool-choice', '--tool-call-parser', 'glm47', '--reasoning-parser', 'glm45'],
  argsSource: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.7.yaml',
  hours: 24,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 2, context: 65_536, concurrency: 4 },
};
