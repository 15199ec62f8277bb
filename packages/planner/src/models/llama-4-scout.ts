// Llama 4 Scout 17B 16E Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const llama4Scout: ModelPreset = {
  name: 'llama-4-scout',
  model: 'meta-llama/Llama-4-Scout-17B-16E-Instruct',
  title: 'Llama 4 Scout 17B 16E Instruct',
  task: 'chat',
  licence: {
    name: 'Llama 4 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/meta-llama/Llama-4-Scout-17B-16E-Instruct.yaml',
  },
  quantization: 'bf16',
  weights: {
    bytes: 218_000_000_000,
    how: '109 billion parameters in 2 bytes',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/meta-llama/Llama-4-Scout-17B-16E-Instruct.yaml',
  },
  shape: {
    layers: 48,
    hidden: 5_120,
    heads: 40,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128, window: { layers: 36, tokens: 8_192 } },
    experts: { count: 16, perToken: 1 },
    hasVision: true,
    source: 'https://ollama.com/aravhawk/llama4:maverick-q4_K_M/blobs/b0fe8943b3e4',
    note: "The source is Maverick's; Scout differs in its experts. Three of four layers read chunks of 8192 tokens.",
  },
  context: {
    tokens: 10_485_760,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/meta-llama/Llama-4-Scout-17B-16E-Instruct.yaml',
  },
  options: { toolCallParser: 'llama4_pythonic', mediaPerPrompt: { image: 10 } },
  optionsSource: 'https://blog.vllm.ai/2025/04/05/llama4.html',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 1, context: 131_072, concurrency: 4 },
  siblings: ['llama-4-scout-fp8'],
};
