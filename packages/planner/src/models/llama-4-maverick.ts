// Llama 4 Maverick 17B 128E Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';

export const llama4Maverick: ModelPreset = {
  name: 'llama-4-maverick',
  model: 'meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8',
  title: 'Llama 4 Maverick 17B 128E Instruct, FP8',
  task: 'chat',
  licence: {
    name: 'Llama 4 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/meta-llama/Llama-4-Scout-17B-16E-Instruct.yaml',
  },
  quantization: 'fp8',
  weights: {
    bytes: 410_000_000_000,
    how: '402 billion parameters in 1 byte, and 2 % for scales and embeddings',
    source: 'https://huggingface.co/docs/transformers/model_doc/llama4',
  },
  shape: {
    layers: 48,
    hidden: 5_120,
    heads: 40,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128, window: { layers: 36, tokens: 8_192 } },
    experts: { count: 128, perToken: 1 },
    hasVision: true,
    source: 'https://ollama.com/aravhawk/llama4:maverick-q4_K_M/blobs/b0fe8943b3e4',
    note: 'Three of four layers read chunks of 8192 tokens.',
  },
  context: { tokens: 1_048_576, source: 'https://ollama.com/aravhawk/llama4:maverick-q4_K_M/blobs/b0fe8943b3e4' },
  options: { toolCallParser: 'llama4_pythonic', mediaPerPrompt: { image: 10 } },
  optionsSource: 'https://blog.vllm.ai/2025/04/05/llama4.html',
  hours: 24,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 2, context: 131_072, concurrency: 4 },
};
