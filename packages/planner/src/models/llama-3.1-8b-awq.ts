// Llama 3.1 8B Instruct, AWQ.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { llama318b } from './llama-3.1-8b.ts';

export const llama318bAwq: ModelPreset = variantOf(llama318b, {
  name: 'llama-3.1-8b-awq',
  model: 'hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4',
  title: 'Llama 3.1 8B Instruct, AWQ',
  quantization: 'awq',
  weights: {
    bytes: 5_730_000_000,
    how: 'files of 4.68 and 1.05 GB',
    source: 'https://huggingface.co/thesven/Meta-Llama-3.1-8B-Instruct-AWQ/tree/main',
  },
  fits: { gpu: 'l4:24', gpus: 1, nodes: 1, context: 32_768, concurrency: 2 },
});
