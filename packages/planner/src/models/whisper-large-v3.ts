// Whisper Large v3.

import type { ModelPreset } from '../model-preset.ts';

export const whisperLargeV3: ModelPreset = {
  name: 'whisper-large-v3',
  model: 'openai/whisper-large-v3',
  title: 'Whisper Large v3',
  task: 'speech',
  quantization: 'bf16',
  weights: {
    bytes: 3_100_000_000,
    how: '1.55 billion parameters in 2 bytes',
    source: 'https://github.com/vllm-project/recipes/blob/main/models/openai/whisper-large-v3.yaml',
  },
  shape: {
    layers: 32,
    hidden: 1_280,
    heads: 20,
    kvCache: { kind: 'grouped', heads: 20, headDim: 64, encoderTokens: 1500 },
    source:
      'https://huggingface.co/DewiBrynJones/whisper-large-v3-ft-cy/blame/2fdd9746c5933e1ecdf3d3ea19859b01740d4251/config.json',
    note: 'Layers and heads are those of the decoder.',
  },
  context: {
    tokens: 448,
    source: 'https://github.com/vllm-project/recipes/blob/main/models/openai/whisper-large-v3.yaml',
  },
  options: {},
  hours: 4,
  fits: { gpu: 'l4:24', gpus: 1, nodes: 1, context: 448, concurrency: 8 },
};
