// Qwen3 235B A22B, FP8.

import type { ModelPreset } from '../model-preset.ts';

export const qwen3235bFp8: ModelPreset = {
  name: 'qwen3-235b-fp8',
  model: 'Qwen/Qwen3-235B-A22B-FP8',
  title: 'Qwen3 235B A22B, FP8',
  task: 'chat',
  quantization: 'fp8',
  weights: {
    bytes: 240_000_000_000,
    how: '235 billion parameters in 1 byte, and 2 % for scales and embeddings',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-235B-A22B-Instruct-2507.yaml',
  },
  shape: {
    layers: 94,
    hidden: 4_096,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 4, headDim: 128 },
    experts: { count: 128, perToken: 8 },
    maxTensorParallel: {
      size: 4,
      why: 'the FP8 blocks of its experts are 128 wide',
      source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-235B-A22B-Instruct-2507.yaml',
    },
    source: 'https://gitcode.com/Ascend/MindSpeed-RL/blob/master/configs/model/qwen3_235b_a22b.yaml',
    note: 'It is the FP8 of the first Qwen3 235B A22B, not of the later Instruct of qwen3-235b.',
  },
  context: {
    tokens: 40_960,
    source: 'https://gitcode.com/Ascend/MindSpeed-RL/blob/master/configs/model/qwen3_235b_a22b.yaml',
  },
  options: { toolCallParser: 'hermes' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-235B-A22B-Instruct-2507.yaml',
  hours: 24,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 1, context: 32_768, concurrency: 4 },
};
