// GLM-4.7 Flash.

import type { ModelPreset } from '../model-preset.ts';

export const glm47Flash: ModelPreset = {
  name: 'glm-4.7-flash',
  model: 'zai-org/GLM-4.7-Flash',
  title: 'GLM-4.7 Flash',
  task: 'chat',
  licence: {
    name: 'MIT',
    isGated: false,
    source: 'https://huggingface.co/models123/GLM-4.7-Flash/blob/main/README.md',
  },
  quantization: 'bf16',
  weights: {
    bytes: 62_000_000_000,
    how: '31 billion parameters in 2 bytes',
    source: 'https://github.com/swanchain/computing-provider/wiki/Guide-GLM-4.7-Flash-llama.cpp-on-2x-RTX-3080',
  },
  shape: {
    layers: 47,
    hidden: 2_048,
    heads: 20,
    kvCache: { kind: 'latent', rank: 512, ropeDim: 64 },
    experts: { count: 64, perToken: 4 },
    maxTensorParallel: {
      size: 4,
      why: 'its experts are 1536 wide, which 5 does not divide',
      source: 'https://github.com/ollama/ollama/issues/15855',
    },
    source: 'https://github.com/ollama/ollama/issues/15855',
  },
  context: { tokens: 202_752, source: 'https://github.com/ollama/ollama/issues/15855' },
  options: { toolCallParser: 'glm47', reasoningParser: 'glm45' },
  optionsSource: 'https://docs.vllm.ai/projects/recipes/en/latest/GLM/GLM.html',
  hours: 8,
  fits: { gpu: 'h100:80', gpus: 1, nodes: 1, context: 131_072, concurrency: 1 },
};
