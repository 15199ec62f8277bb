// BGE Reranker v2 M3.

import type { ModelPreset } from '../model-preset.ts';

export const bgeRerankerV2M3: ModelPreset = {
  name: 'bge-reranker-v2-m3',
  model: 'BAAI/bge-reranker-v2-m3',
  title: 'BGE Reranker v2 M3',
  task: 'reranker',
  quantization: 'bf16',
  weights: {
    bytes: 1_140_000_000,
    how: '568 million parameters in 2 bytes',
    source: 'https://docs.twcloud.ai/en/docs/user-guides/twcc/afs/models/baai-bge-reranker-v2-m3',
  },
  shape: {
    layers: 24,
    hidden: 1_024,
    heads: 16,
    kvCache: { kind: 'none' },
    source: 'https://huggingface.co/BAAI/bge-reranker-v2-m3/blob/3f6000f2fe7498b9d817ac6ec0ee451448a2d030/config.json',
  },
  context: {
    tokens: 8_192,
    source: 'https://huggingface.co/BAAI/bge-reranker-v2-m3/blob/3f6000f2fe7498b9d817ac6ec0ee451448a2d030/config.json',
  },
  options: {},
  hours: 4,
  fits: { gpu: 'l4:24', gpus: 1, nodes: 1, context: 8_192, concurrency: 8 },
};
