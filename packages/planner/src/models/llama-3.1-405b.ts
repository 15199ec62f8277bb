// Llama 3.1 405B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const llama31405b: ModelPreset = {
  name: 'llama-3.1-405b',
  model: 'meta-llama/Llama-3.1-405B-Instruct',
  title: 'Llama 3.1 405B Instruct',
  task: 'chat',
  licence: {
    name: 'Llama 3.1 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/Llama/Llama3.1.md',
  },
  quantization: 'bf16',
  weights: { bytes: 810_000_000_000, how: '810.0 GB in FP16', source: 'https://canitrun.dev/models/llama-3.1-405b' },
  shape: {
    layers: 126,
    hidden: 16_384,
    heads: 128,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://pcpartguide.com/local-llms/llama-3.1-405b',
  },
  context: { tokens: 131_072, source: 'https://pcpartguide.com/local-llms/llama-3.1-405b' },
  options: { toolCallParser: 'llama3_json' },
  optionsSource: 'https://docs.vllm.ai/en/latest/features/tool_calling/',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 3, context: 32_768, concurrency: 4 },
  siblings: ['llama-3.1-405b-fp8'],
};
