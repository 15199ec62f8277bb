// Mistral 7B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const mistral7b: ModelPreset = {
  name: 'mistral-7b',
  model: 'mistralai/Mistral-7B-Instruct-v0.2',
  title: 'Mistral 7B Instruct',
  task: 'chat',
  quantization: 'bf16',
  weights: {
    bytes: 14_480_000_000,
    how: '7.24 billion parameters in 2 bytes, computed from its config',
    source:
      'https://huggingface.co/mistral-community/Mistral-7B-v0.2/blob/c5bf746607c72a4f69c2270a181e0675f3704f5b/config.json',
  },
  shape: {
    layers: 32,
    hidden: 4_096,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source:
      'https://huggingface.co/mistral-community/Mistral-7B-v0.2/blob/c5bf746607c72a4f69c2270a181e0675f3704f5b/config.json',
  },
  context: {
    tokens: 32_768,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/mistralai/Mistral-7B-Instruct-v0.2.yaml',
  },
  options: {},
  hours: 4,
  fits: { gpu: 'a100:40', gpus: 1, nodes: 1, context: 32_768, concurrency: 4 },
};
