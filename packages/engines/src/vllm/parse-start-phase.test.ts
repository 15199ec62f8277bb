import { defined } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { parseStartPhase } from './parse-start-phase.ts';

// Recorded from vLLM 0.32.0 (CPU), except the CUDA and download lines, which are from its source.
it.each([
  ["(APIServer pid=1) INFO 11-21 02:00:21 [api_utils.py:286] non-default args: {'port': 8622}", 'booting', undefined],
  [
    "(EngineCore pid=2) INFO 11-21 02:00:36 [core.py:133] Initializing a V1 LLM engine (v0.32.0) with config: model='/m'",
    'booting',
    undefined,
  ],
  [
    '(Worker pid=3) INFO 11-21 02:00:53 [cpu_model_runner.py:68] Starting to load model /models/m3...',
    'loading',
    undefined,
  ],
  ['Loading safetensors checkpoint shards:  33% Completed | 1/3 [00:00<00:00, 629.33it/s]', 'loading', 33, 'shard 1/3'],
  ['Fetching 12 files:  25%|██▌       | 3/12', 'downloading', 25, 'file 3/12'],
  ['(EngineCore pid=2) INFO [backends.py:1] Dynamo bytecode transform time: 4.50 s', 'compiling', undefined],
  [
    '(Worker pid=3) INFO 11-21 02:07:51 [cpu_model_runner.py:87] Warming up model for the compilation...',
    'compiling',
    undefined,
  ],
  ['(Worker pid=3) INFO 11-21 02:08:20 [cpu_model_runner.py:91] Warming up done.', 'warming', undefined],
  [
    '(EngineCore pid=2) INFO 11-21 02:00:55 [kv_cache_utils.py:2327] CPU KV cache size: 2,097,152 tokens',
    'warming',
    undefined,
  ],
  [
    'Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  42%|████▏     | 28/67',
    'warming',
    42,
    'capturing graphs',
  ],
  ['INFO:     Application startup complete.', 'probing', undefined],
] as const)('parseStartPhase reads %j as %s', (line, phase, percent, detail?: string) => {
  expect(parseStartPhase(line)).toEqual(defined({ phase, percent, detail }));
});

it('parseStartPhase finds no phase in other lines', () => {
  expect(parseStartPhase('(APIServer pid=1) INFO [launcher.py:195] Route: /v1/chat/completions')).toBeUndefined();
});
