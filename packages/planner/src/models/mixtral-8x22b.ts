// Mixtral 8x22B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const mixtral8x22b: ModelPreset = {
  name: 'mixtral-8x22b',
  model: 'mistralai/Mixtral-8x22B-Instruct-v0.1',
  title: 'Mixtral 8x22B Instruct',
  task: 'chat',
  licence: {
    name: 'Apache-2.0',
    isGated: false,
    source: 'https://huggingface.co/mistral-community/Mixtral-8x22B-v0.1/blame/main/README.md',
  },
  quantization: 'bf16',
  weights: {
    bytes: 281_300_000_000,
    how: '140.63 billion parameters in 2 bytes, computed from its config',
    source: 'https://huggingface.co/mistral-community/Mixtral-8x22B-v0.1/blob/refs%2Fpr%2F19/config.json',
  },
  shape: {
    layers: 56,
    hidden: 6_144,
    heads: 48,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    experts: { count: 8, perToken: 2 },
    source: 'https://huggingface.co/mistral-community/Mixtral-8x22B-v0.1/blob/refs%2Fpr%2F19/config.json',
  },
  context: {
    tokens: 65_536,
    source: 'https://huggingface.co/mistral-community/Mixtral-8x22B-v0.1/blob/refs%2Fpr%2F19/config.json',
  },
  options: {},
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 1, context: 32_768, concurrency: 4 },
};
