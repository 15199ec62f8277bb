// BGE M3.

import type { ModelPreset } from '../model-preset.ts';

export const bgeM3: ModelPreset = {
  name: 'bge-m3',
  model: 'BAAI/bge-m3',
  title: 'BGE M3',
  task: 'embedding',
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
    source: 'https://huggingface.co/BAAI/bge-m3/blame/main/onnx/config.json',
  },
  context: { tokens: 8_192, source: 'https://huggingface.co/BAAI/bge-m3/blame/main/onnx/config.json' },
  options: {},
  hours: 4,
  fits: { gpu: 'l4:24', gpus: 1, nodes: 1, context: 8_192, concurrency: 8 },
};
