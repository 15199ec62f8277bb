// Gemma 3 27B Instruct.

import type { ModelPreset } from '../model-preset.ts';

export const gemma327b: ModelPreset = {
  name: 'gemma-3-27b',
  model: 'google/gemma-3-27b-it',
  title: 'Gemma 3 27B Instruct',
  task: 'chat',
  quantization: 'bf16',
  noFp16: {
    why: 'vLLM refuses Gemma 3 in fp16, which is numerically unstable',
    source: 'https://github.com/vllm-project/vllm/blob/main/vllm/config/model.py',
  },
  weights: {
    bytes: 54_800_000_000,
    how: '27.4 billion parameters in 2 bytes',
    source: 'https://trelis.substack.com/p/gemma-3',
  },
  shape: {
    layers: 62,
    hidden: 5_376,
    heads: 32,
    kvCache: { kind: 'grouped', heads: 16, headDim: 128, window: { layers: 52, tokens: 1_024 } },
    hasVision: true,
    source: 'https://ollama.com/jwang580/medgemma_27b_q8_0:latest/blobs/1ab6fc95d3b3',
    note: 'The source is that of MedGemma 27B, a Gemma 3. Five of six layers look back 1024 tokens.',
  },
  context: { tokens: 131_072, source: 'https://ollama.com/jwang580/medgemma_27b_q8_0:latest/blobs/1ab6fc95d3b3' },
  options: {},
  hours: 8,
  fits: { gpu: 'h100:80', gpus: 1, nodes: 1, context: 32_768, concurrency: 2 },
};
