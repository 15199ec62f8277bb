// The failures of vLLM itself, for the diagnosis of its end. The kind `vllm` does not import them: few programs read them.

import type { FailureWords } from '../judge/failure-words.ts';
import { argumentFailures } from './failures/arguments.ts';
import { gpuMemoryFailures } from './failures/gpu-memory.ts';
import { modelFailures } from './failures/model.ts';
import { parallelFailures } from './failures/parallel.ts';
import { rayFailures } from './failures/ray.ts';

export const vllmFailures: FailureWords = {
  // `[core.py:1100]`
  ownLine: /\[\w+\.py:\d+\]/,
  known: [...argumentFailures, ...modelFailures, ...gpuMemoryFailures, ...parallelFailures, ...rayFailures],
};
