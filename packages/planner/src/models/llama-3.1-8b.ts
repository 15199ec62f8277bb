// Llama 3.1 8B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const llama318b: ModelPreset = {
  name: 'llama-3.1-8b',
  model: 'meta-llama/Llama-3.1-8B-Instruct',
  title: 'Llama 3.1 8B Instruct',
  task: 'chat',
  licence: {
    name: 'Llama 3.1 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/Llama/Llama3.1.md',
  },
  quantization: 'bf16',
  weights: {
    bytes: 16_094_101_452,
    how: 'vLLM reports 14.99 GiB',
    source: 'https://github.com/vllm-project/vllm/issues/10517',
  },
  shape: {
    layers: 32,
    hidden: 4_096,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://huggingface.co/solidrust/Maverick-8B-AWQ/blame/main/config.json',
    note: 'The config is that of a Llama 3 8B; 3.1 changed the context window alone.',
  },
  context: {
    tokens: 131_072,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/meta-llama/Llama-3.1-8B-Instruct.yaml',
  },
  options: { toolCallParser: 'llama3_json' },
  optionsSource: 'https://docs.vllm.ai/en/latest/features/tool_calling/',
  hours: 4,
  fits: { gpu: 'a100:40', gpus: 1, nodes: 1, context: 32_768, concurrency: 4 },
  siblings: ['llama-3.1-8b-awq'],
};
