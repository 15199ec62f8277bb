// Devstral Small 1.1 24B.

import type { ModelPreset } from '../model-preset.ts';

export const devstralSmall: ModelPreset = {
  name: 'devstral-small',
  model: 'mistralai/Devstral-Small-2507',
  title: 'Devstral Small 1.1 24B',
  task: 'chat',
  quantization: 'bf16',
  weights: {
    bytes: 47_200_000_000,
    how: '23.6 billion parameters in 2 bytes, computed from its config',
    source: 'https://huggingface.co/darkc0de/3.2test/blob/main/config.json',
  },
  shape: {
    layers: 40,
    hidden: 5_120,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    source: 'https://huggingface.co/darkc0de/3.2test/blob/main/config.json',
    note: 'The shape is that of Mistral Small, of which it is a fine-tune without the vision encoder.',
  },
  context: {
    tokens: 131_072,
    source: 'https://unsloth.ai/docs/jp/moderu/tutorials/devstral-how-to-run-and-fine-tune.md',
  },
  options: { loadFormat: 'mistral', toolCallParser: 'mistral', tokenizerMode: 'mistral', configFormat: 'mistral' },
  optionsSource: 'https://huggingface.co/mistralai/Mistral-Small-Instruct-2409/discussions/16',
  hours: 8,
  fits: { gpu: 'h100:80', gpus: 1, nodes: 1, context: 131_072, concurrency: 1 },
};
