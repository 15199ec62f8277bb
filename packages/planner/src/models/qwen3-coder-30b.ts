// Qwen3-Coder 30B A3B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const qwen3Coder30b: ModelPreset = {
  name: 'qwen3-coder-30b',
  model: 'Qwen/Qwen3-Coder-30B-A3B-Instruct',
  title: 'Qwen3-Coder 30B A3B Instruct',
  task: 'chat',
  quantization: 'bf16',
  weights: {
    bytes: 61_000_000_000,
    how: '30.5 billion parameters in 2 bytes: it has the shape of Qwen3 30B A3B',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-30B-A3B.yaml',
  },
  shape: {
    layers: 48,
    hidden: 2_048,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 4, headDim: 128 },
    experts: { count: 128, perToken: 8 },
    source: 'https://huggingface.co/RTP-LLM/Qwen3-Coder-30B-A3B-Instruct-RTPurbo/blob/main/config.json',
  },
  context: {
    tokens: 262_144,
    source: 'https://huggingface.co/RTP-LLM/Qwen3-Coder-30B-A3B-Instruct-RTPurbo/blob/main/config.json',
  },
  options: { toolCallParser: 'qwen3_coder' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-Coder-480B-A35B-Instruct.yaml',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 1, nodes: 1, context: 131_072, concurrency: 1 },
};
