// Llama 3.1 70B Instruct, FP8.

import type { ModelPreset } from '../model-preset.ts';
import { variantOf } from '../variant-of.ts';
import { llama3170b } from './llama-3.1-70b.ts';

export const llama3170bFp8: ModelPreset = variantOf(llama3170b, {
  name: 'llama-3.1-70b-fp8',
  model: 'neuralmagic/Meta-Llama-3.1-70B-Instruct-FP8',
  title: 'Llama 3.1 70B Instruct, FP8',
  quantization: 'fp8',
  weights: {
    bytes: 72_700_000_000,
    how: '68.45 billion parameters in 1 byte and 2.1 billion in 2, computed from its config',
    source: 'https://huggingface.co/NarrativAI/Cakrawala-70B/blob/main/config.json',
  },
  fits: { gpu: 'h100:94', gpus: 1, nodes: 1, context: 16_384, concurrency: 1 },
});
