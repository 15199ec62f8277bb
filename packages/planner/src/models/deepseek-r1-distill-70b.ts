// DeepSeek R1 Distill Llama 70B.

import type { ModelPreset } from '../model-preset.ts';

export const deepseekR1Distill70b: ModelPreset = {
  name: 'deepseek-r1-distill-70b',
  model: 'deepseek-ai/DeepSeek-R1-Distill-Llama-70B',
  title: 'DeepSeek R1 Distill Llama 70B',
  task: 'chat',
  quantization: 'bf16',
  weights: {
    bytes: 141_100_000_000,
    how: '70.55 billion parameters in 2 bytes, computed from the config of Llama 3.1 70B',
    source: 'https://huggingface.co/NarrativAI/Cakrawala-70B/blob/main/config.json',
  },
  shape: {
    layers: 80,
    hidden: 8_192,
    heads: 64,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://huggingface.co/NarrativAI/Cakrawala-70B/blob/main/config.json',
    note: 'The config is that of a Llama 3.1 70B, of which it is a fine-tune.',
  },
  context: {
    tokens: 131_072,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/deepseek-ai/DeepSeek-R1-Distill-Llama-70B.yaml',
  },
  options: { reasoningParser: 'deepseek_r1' },
  optionsSource:
    'https://github.com/vllm-project/recipes/blob/main/models/deepseek-ai/DeepSeek-R1-Distill-Llama-70B.yaml',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 2, nodes: 1, context: 32_768, concurrency: 2 },
};
