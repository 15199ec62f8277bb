// Llama 3.1 70B Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';

export const llama3170bFp8: ModelPreset = {
  name: 'llama-3.1-70b-fp8',
  model: 'neuralmagic/Meta-Llama-3.1-70B-Instruct-FP8',
  title: 'Llama 3.1 70B Instruct, FP8',
  task: 'chat',
  licence: {
    name: 'Llama 3.1 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/Llama/Llama3.1.md',
  },
  quantization: 'fp8',
  weights: {
    bytes: 72_700_000_000,
    how: '68.45 billion parameters in 1 byte and 2.1 billion in 2, computed from its config',
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
  args: ['--enable-auto-tool-choice', '--tool-call-parser', 'llama3_json'],
  argsSource: 'https://docs.vllm.ai/en/latest/features/tool_calling/',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 1, nodes: 1, context: 16_384, concurrency: 1 },
};
