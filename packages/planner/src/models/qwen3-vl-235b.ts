// Qwen3-VL 235B A22B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const qwen3Vl235b: ModelPreset = {
  name: 'qwen3-vl-235b',
  model: 'Qwen/Qwen3-VL-235B-A22B-Instruct',
  title: 'Qwen3-VL 235B A22B Instruct',
  task: 'chat',
  quantization: 'bf16',
  weights: {
    bytes: 472_000_000_000,
    how: '236 billion parameters in 2 bytes',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-VL-235B-A22B-Instruct.yaml',
  },
  shape: {
    layers: 94,
    hidden: 4_096,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 4, headDim: 128 },
    experts: { count: 128, perToken: 8 },
    hasVision: true,
    source: 'https://gitcode.com/Ascend/MindSpeed-RL/blob/master/configs/model/qwen3_235b_a22b.yaml',
  },
  context: {
    tokens: 262_144,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-VL-235B-A22B-Instruct.yaml',
  },
  options: { toolCallParser: 'hermes', mediaPerPrompt: { video: 0 }, mediaEncoderSplit: 'data' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-VL-235B-A22B-Instruct.yaml',
  hours: 24,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 2, context: 65_536, concurrency: 4 },
  siblings: ['qwen3-vl-235b-fp8'],
};
