// Llama 3.1 8B Instruct, AWQ.

import type { ModelPreset } from '../model-preset.ts';

export const llama318bAwq: ModelPreset = {
  name: 'llama-3.1-8b-awq',
  model: 'hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4',
  title: 'Llama 3.1 8B Instruct, AWQ',
  task: 'chat',
  licence: {
    name: 'Llama 3.1 Community License',
    isGated: true,
    source: 'https://github.com/vllm-project/recipes/blob/main/Llama/Llama3.1.md',
  },
  quantization: 'awq',
  weights: {
    bytes: 5_730_000_000,
    how: 'files of 4.68 and 1.05 GB',
    source: 'https://huggingface.co/thesven/Meta-Llama-3.1-8B-Instruct-AWQ/tree/main',
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
  args: ['--enable-auto-tool-choice', '--tool-call-parser', 'llama3_json'],
  argsSource: 'https://docs.vllm.ai/en/latest/features/tool_calling/',
  hours: 4,
  fits: { gpu: 'l4:24', gpus: 1, nodes: 1, context: 32_768, concurrency: 2 },
};
