// Qwen3-VL 235B A22B Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';

export const qwen3Vl235bFp8: ModelPreset = {
  name: 'qwen3-vl-235b-fp8',
  model: 'Qwen/Qwen3-VL-235B-A22B-Instruct-FP8',
  title: 'Qwen3-VL 235B A22B Instruct, FP8',
  task: 'chat',
  quantization: 'fp8',
  weights: {
    bytes: 241_000_000_000,
    how: '236 billion parameters in 1 byte, and 2 % for scales and embeddings',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-VL-235B-A22B-Instruct.yaml',
  },
  shape: {
    layers: 94,
    hidden: 4_096,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 4, headDim: 128 },
    experts: { count: 128, perToken: 8 },
    hasVision: true,
    maxTensorParallel: {
      size: 4,
      why: 'the FP8 blocks of its experts are 128 wide',
      source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-235B-A22B-Instruct-2507.yaml',
    },
    source: 'https://gitcode.com/Ascend/MindSpeed-RL/blob/master/configs/model/qwen3_235b_a22b.yaml',
  },
  context: {
    tokens: 262_144,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-VL-235B-A22B-Instruct.yaml',
  },
  args: [
    '--enable-auto-tool-choice',
    '--tool-call-parser',
    'hermes',
    '--mm-encoder-tp-mode',
    'data',
    '--limit-mm-per-prompt',
    '{"video":0}',
  ],
  argsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-VL-235B-A22B-Instruct.yaml',
  hours: 24,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 1, context: 65_536, concurrency: 2 },
};
