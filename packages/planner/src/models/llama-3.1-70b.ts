// Llama 3.1 70B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const llama3170b: ModelPreset = {
  name: 'llama-3.1-70b',
  model: 'meta-llama/Llama-3.1-70B-Instruct',
  title: 'Llama 3.1 70B Instruct',
  task: 'chat',
  licence: {
    name: 'Llama 3.1 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/Llama/Llama3.1.md',
  },
  quantization: 'bf16',
  weights: {
    bytes: 141_100_000_000,
    how: '70.55 billion parameters in 2 bytes, computed from its config',
    source: 'https://huggingface.co/NarrativAI/Cakrawala-70B/blob/main/config.json',
  },
  shape: {
    layers: 80,
    hidden: 8_192,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://huggingface.co/NarrativAI/Cakrawala-70B/blob/main/config.json',
  },
  context: { tokens: 131_072, source: 'https://huggingface.co/NarrativAI/Cakrawala-70B/blob/main/config.json' },
  options: { toolCallParser: 'llama3_json' },
  optionsSource: 'https://docs.vllm.ai/en/latest/features/tool_calling/',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 2, nodes: 1, context: 32_768, concurrency: 2 },
  siblings: ['llama-3.1-70b-fp8'],
};
