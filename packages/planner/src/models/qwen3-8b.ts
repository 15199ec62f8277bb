// Qwen3 8B.

import type { ModelPreset } from '../model-preset.ts';

export const qwen38b: ModelPreset = {
  name: 'qwen3-8b',
  model: 'Qwen/Qwen3-8B',
  title: 'Qwen3 8B',
  task: 'chat',
  licence: {
    name: 'Apache-2.0',
    isGated: false,
    source: 'https://huggingface.co/OpenPipe/Qwen3-14B-Instruct/blob/main/README.md',
  },
  quantization: 'bf16',
  weights: {
    bytes: 16_400_000_000,
    how: '8.2 billion parameters in 2 bytes',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-8B.yaml',
  },
  shape: {
    layers: 36,
    hidden: 4_096,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://huggingface.co/thejaminator/qwen-hook-layer-9/commit/478fb720f1f3ced834fce0275b55b2732d438edc',
  },
  context: { tokens: 40_960, source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-8B.yaml' },
  options: { toolCallParser: 'hermes', reasoningParser: 'qwen3' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-8B.yaml',
  hours: 4,
  fits: { gpu: 'a100:40', gpus: 1, nodes: 1, context: 32_768, concurrency: 2 },
};
