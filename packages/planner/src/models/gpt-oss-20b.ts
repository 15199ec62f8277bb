// GPT-OSS 20B.

import type { ModelPreset } from '../model-preset.ts';

export const gptOss20b: ModelPreset = {
  name: 'gpt-oss-20b',
  model: 'openai/gpt-oss-20b',
  title: 'GPT-OSS 20B',
  task: 'chat',
  quantization: 'mxfp4',
  weights: {
    bytes: 16_000_000_000,
    how: 'it loads in about 16 GB',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/openai/gpt-oss-20b.yaml',
  },
  shape: {
    layers: 24,
    hidden: 2_880,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 8, headDim: 64, window: { layers: 12, tokens: 128 } },
    experts: { count: 32, perToken: 4 },
    source: 'https://huggingface.co/keras/gpt_oss_20b_en/blob/main/task.json',
  },
  context: {
    tokens: 131_072,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/openai/gpt-oss-20b.yaml',
  },
  options: { toolCallParser: 'openai' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/openai/gpt-oss-20b.yaml',
  hours: 4,
  fits: { gpu: 'l4:24', gpus: 1, nodes: 1, context: 131_072, concurrency: 1 },
};
