// Mistral Small 3.2 24B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const mistralSmall32: ModelPreset = {
  name: 'mistral-small-3.2',
  model: 'mistralai/Mistral-Small-3.2-24B-Instruct-2506',
  title: 'Mistral Small 3.2 24B Instruct',
  task: 'chat',
  quantization: 'bf16',
  weights: {
    bytes: 48_000_000_000,
    how: '24 billion parameters in 2 bytes, 23.6 of them computed from its config',
    source: 'https://huggingface.co/darkc0de/3.2test/blob/main/config.json',
  },
  shape: {
    layers: 40,
    hidden: 5_120,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 8, headDim: 128 },
    hasVision: true,
    source: 'https://huggingface.co/darkc0de/3.2test/blob/main/config.json',
  },
  context: { tokens: 131_072, source: 'https://huggingface.co/darkc0de/3.2test/blob/main/config.json' },
  options: { loadFormat: 'mistral', toolCallParser: 'mistral', tokenizerMode: 'mistral', configFormat: 'mistral' },
  optionsSource: 'https://huggingface.co/mistralai/Mistral-Small-Instruct-2409/discussions/16',
  hours: 8,
  fits: { gpu: 'h100:80', gpus: 1, nodes: 1, context: 65_536, concurrency: 1 },
};
