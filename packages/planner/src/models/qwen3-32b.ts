// Qwen3 32B.

import type { ModelPreset } from '../model-preset.ts';

export const qwen332b: ModelPreset = {
  name: 'qwen3-32b',
  model: 'Qwen/Qwen3-32B',
  title: 'Qwen3 32B',
  task: 'chat',
  licence: {
    name: 'Apache-2.0',
    isGated: false,
    source: 'https://huggingface.co/OpenPipe/Qwen3-14B-Instruct/blob/main/README.md',
  },
  quantization: 'bf16',
  weights: {
    bytes: 65_600_000_000,
    how: '32.8 billion parameters in 2 bytes',
    source:
      'https://huggingface.co/spaces/polats/ZeroGPU-LLM-Inference/commit/b9efb74a083e612babe39017a137cf90ec9871a6',
  },
  shape: {
    layers: 64,
    hidden: 5_120,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://huggingface.co/ronnywebdevs1/d-m-1/blob/main/config.json',
  },
  context: { tokens: 40_960, source: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-32B.yaml' },
  options: { toolCallParser: 'hermes', reasoningParser: 'qwen3' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-32B.yaml',
  hours: 4,
  fits: { gpu: 'h100:94', gpus: 1, nodes: 1, context: 32_768, concurrency: 1 },
  siblings: ['qwen3-32b-awq', 'qwen3-32b-fp8'],
};
