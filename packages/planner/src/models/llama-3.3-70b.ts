// Llama 3.3 70B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const llama3370b: ModelPreset = {
  name: 'llama-3.3-70b',
  model: 'meta-llama/Llama-3.3-70B-Instruct',
  title: 'Llama 3.3 70B Instruct',
  task: 'chat',
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
    note: 'The config is that of a Llama 3.1 70B.',
  },
  context: {
    tokens: 131_072,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/meta-llama/Llama-3.3-70B-Instruct.yaml',
  },
  options: { toolCallParser: 'llama3_json' },
  optionsSource: 'https://docs.vllm.ai/en/latest/features/tool_calling/',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 2, nodes: 1, context: 32_768, concurrency: 2 },
  siblings: ['llama-3.3-70b-fp8'],
};
