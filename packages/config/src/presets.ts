// The catalogue of presets: data. A preset saves typing; any Hugging Face id or path works without one.

import type { PresetConfig } from './fairlead-config.ts';

export const builtInPresets: Record<string, PresetConfig> = {
  demo: {
    model: 'fairlead/demo',
    engine: 'sim',
    servedModel: 'demo',
    gpus: 0,
    time: '01:00:00',
    args: [
      '--sim-prefill-ms',
      '40',
      '--sim-decode-ms',
      '12',
      '--enable-auto-tool-choice',
      '--tool-call-parser',
      'hermes',
    ],
    description: 'The simulator: a fake model that needs no GPU and talks the OpenAI API.',
  },
  'llama-3.1-8b': {
    model: 'meta-llama/Llama-3.1-8B-Instruct',
    engine: 'vllm',
    servedModel: 'llama-3.1-8b',
    gpus: 1,
    cpusPerTask: 8,
    mem: '64G',
    time: '04:00:00',
    args: ['--max-model-len', '32768', '--enable-auto-tool-choice', '--tool-call-parser', 'llama3_json'],
    description:
      'Llama 3.1 8B Instruct in bf16 on one GPU of 24 GB or more. Gated: accept its licence and give a token.',
  },
  'gpt-oss-20b': {
    model: 'openai/gpt-oss-20b',
    engine: 'vllm',
    servedModel: 'gpt-oss-20b',
    gpus: 1,
    cpusPerTask: 8,
    mem: '64G',
    time: '04:00:00',
    args: ['--enable-auto-tool-choice', '--tool-call-parser', 'openai'],
    description: 'GPT-OSS 20B (MXFP4) on one GPU of 16 GB or more.',
  },
};
