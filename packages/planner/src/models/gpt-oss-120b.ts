// GPT-OSS 120B.

import type { ModelPreset } from '../model-preset.ts';

export const gptOss120b: ModelPreset = {
  name: 'gpt-oss-120b',
  model: 'openai/gpt-oss-120b',
  title: 'GPT-OSS 120B',
  task: 'chat',
  quantization: 'mxfp4',
  weights: {
    bytes: 69_127_498_629,
    how: 'vLLM reports 64.38 GiB',
    source: 'https://github.com/vllm-project/vllm/issues/33155',
  },
  shape: {
    layers: 36,
    hidden: 2_880,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 8, headDim: 64, window: { layers: 18, tokens: 128 } },
    experts: { count: 128, perToken: 4 },
    source: 'https://huggingface.co/witflag/AlphaMind/blob/main/original/config.json',
  },
  context: {
    tokens: 131_072,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/openai/gpt-oss-120b.yaml',
  },
  options: { toolCallParser: 'openai' },
  optionsSource: 'https://github.com/vllm-project/recipes/blob/main/models/openai/gpt-oss-120b.yaml',
  hours: 8,
  fits: { gpu: 'a100:80', gpus: 1, nodes: 1, context: 131_072, concurrency: 1 },
};
