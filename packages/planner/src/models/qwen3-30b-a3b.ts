// Qwen3 30B A3B.

import type { ModelPreset } from '../model-preset.ts';

export const qwen330bA3b: ModelPreset = {
  name: 'qwen3-30b-a3b',
  model: 'Qwen/Qwen3-30B-A3B',
  title: 'Qwen3 30B A3B',
  task: 'chat',
  licence: {
    name: 'Apache-2.0',
    isGated: false,
    source: 'https://huggingface.co/OpenPipe/Qwen3-14B-Instruct/blob/main/README.md',
  },
  quantization: 'bf16',
  weights: {
    bytes: 61_000_000_000,
    how: '30.5 billion parameters in 2 bytes',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-30B-A3B.yaml',
  },
  shape: {
    layers: 48,
    hidden: 2_048,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 4, headDim: 128 },
    experts: { count: 128, perToken: 8 },
    source: 'https://gitcode.com/Ascend/MindSpeed-RL/blob/master/configs/model/qwen3_30b_a3b.yaml',
  },
  context: {
    tokens: 40_960,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-30B-A3B.yaml',
  },
  options: { toolCallParser: 'hermes', reasoningParser: 'qwen3' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-30B-A3B.yaml',
  hours: 4,
  fits: { gpu: 'h100:80', gpus: 1, nodes: 1, context: 32_768, concurrency: 2 },
  siblings: ['qwen3-30b-a3b-gptq'],
};
