// Qwen3 Embedding 8B.

import type { ModelPreset } from '../model-preset.ts';

export const qwen3Embedding8b: ModelPreset = {
  name: 'qwen3-embedding-8b',
  model: 'Qwen/Qwen3-Embedding-8B',
  title: 'Qwen3 Embedding 8B',
  task: 'embedding',
  quantization: 'bf16',
  weights: {
    bytes: 15_500_000_000,
    how: 'about 15 GB in FP16',
    source: 'https://ollama.com/dengcao/Qwen3-Embedding-8B',
  },
  shape: {
    layers: 36,
    hidden: 4_096,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://ollama.com/Krakekai/qwen3-reranker-8b.gguf:latest/blobs/0586725dd1f7',
    note: 'The source is that of the reranker, which has the same base.',
  },
  context: {
    tokens: 32_768,
    source: 'https://inference.readthedocs.io/en/stable/_sources/models/builtin/embedding/qwen3-embedding-8b.rst.txt',
  },
  options: {},
  hours: 4,
  fits: { gpu: 'a100:40', gpus: 1, nodes: 1, context: 32_768, concurrency: 2 },
};
