// Llama 3.1 405B Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';

export const llama31405bFp8: ModelPreset = {
  name: 'llama-3.1-405b-fp8',
  model: 'meta-llama/Llama-3.1-405B-Instruct-FP8',
  title: 'Llama 3.1 405B Instruct, FP8',
  task: 'chat',
  licence: {
    name: 'Llama 3.1 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/Llama/Llama3.1.md',
  },
  quantization: 'fp8',
  weights: {
    bytes: 496_085_902_557,
    how: 'vLLM reports 57.75 GiB on each of 8 GPUs: its attention is in bf16',
    source: 'https://github.com/vllm-project/vllm/issues/6746',
  },
  shape: {
    layers: 126,
    hidden: 16_384,
    heads: 128,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://pcpartguide.com/local-llms/llama-3.1-405b',
  },
  context: { tokens: 131_072, source: 'https://pcpartguide.com/local-llms/llama-3.1-405b' },
  args: ['--enable-auto-tool-choice', '--tool-call-parser', 'llama3_json'],
  argsSource: 'https://docs.vllm.ai/en/latest/features/tool_calling/',
  hours: 8,
  fits: { gpu: 'h100:94', gpus: 4, nodes: 2, context: 32_768, concurrency: 2 },
};
