// GLM-4.7.

import type { ModelPreset } from '../model-preset.ts';

export const glm47: ModelPreset = {
  name: 'glm-4.7',
  model: 'zai-org/GLM-4.7',
  title: 'GLM-4.7',
  task: 'chat',
  licence: { name: 'MIT', isGated: false, source: 'https://huggingface.co/docs/transformers/en/model_doc/glm4_moe' },
  quantization: 'bf16',
  weights: {
    bytes: 716_000_000_000,
    how: '358 billion parameters in 2 bytes',
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
  options: { toolCallParser: 'glm47', reasoningParser: 'glm45' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.7.yaml',
  hours: 24,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 3, context: 65_536, concurrency: 2 },
  siblings: ['glm-4.7-fp8'],
};
