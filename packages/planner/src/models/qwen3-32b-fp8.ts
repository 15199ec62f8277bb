// Qwen3 32B, FP8.

import type { ModelPreset } from '../model-preset.ts';

export const qwen332bFp8: ModelPreset = {
  name: 'qwen3-32b-fp8',
  model: 'Qwen/Qwen3-32B-FP8',
  title: 'Qwen3 32B, FP8',
  task: 'chat',
  licence: {
    name: 'Apache-2.0',
    isGated: false,
    source: 'https://huggingface.co/OpenPipe/Qwen3-14B-Instruct/blob/main/README.md',
  },
  quantization: 'fp8',
  weights: {
    bytes: 34_400_000_000,
    how: '31.2 billion parameters in 1 byte and 1.6 billion in 2',
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
  args: ['--enable-auto-tool-choice', '--tool-call-parser', 'hermes', '--reasoning-parser', 'qwen3'],
  argsSource: 'https://github.com/vllm-project/recipes/blob/main/models/Qwen/Qwen3-32B.yaml',
  hours: 4,
  fits: { gpu: 'l40s:48', gpus: 1, nodes: 1, context: 16_384, concurrency: 1 },
};
