// GLM-4.6V.

import type { ModelPreset } from '../model-preset.ts';

export const glm46v: ModelPreset = {
  name: 'glm-4.6v',
  model: 'zai-org/GLM-4.6V',
  title: 'GLM-4.6V',
  task: 'chat',
  licence: { name: 'MIT', isGated: false, source: 'https://huggingface.co/docs/transformers/en/model_doc/glm4_moe' },
  quantization: 'bf16',
  weights: {
    bytes: 216_000_000_000,
    how: '108 billion parameters in 2 bytes',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.6V.yaml',
  },
  shape: {
    layers: 46,
    hidden: 4_096,
    heads: 96,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    experts: { count: 128, perToken: 8 },
    hasVision: true,
    source: 'https://huggingface.co/PrimeIntellect/INTELLECT-3-Base/blob/main/config.json',
    note: "The shape is that of GLM-4.5-Air, on which the series is based; GLM-4.6V's own config was not available.",
  },
  context: {
    tokens: 131_072,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.6V.yaml',
  },
  options: { toolCallParser: 'glm45', reasoningParser: 'glm45', mediaEncoderSplit: 'data', mediaCache: 'shm' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/zai-org/GLM-4.6V.yaml',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 1, context: 65_536, concurrency: 4 },
  siblings: ['glm-4.6v-fp8'],
};
