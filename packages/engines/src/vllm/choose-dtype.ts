// Decides the number format of a model where the GPU leaves no choice. Pure.

import type { EngineGpu } from '../port/engine-kind.ts';

/** The first GPUs with bfloat16 (https://developer.nvidia.com/cuda-gpus). */
const firstWithBf16 = 8;

export interface DtypeChoice {
  arguments: string[];
  notes: string[];
}

/** `given`: the format that the settings name. vLLM itself refuses one that the GPU does not have. */
export function chooseDtype(given: string | undefined, gpu: EngineGpu | undefined): DtypeChoice {
  const { name, computeCapability = Infinity } = gpu ?? { name: '' };
  if ((given !== undefined && given !== 'auto') || computeCapability >= firstWithBf16)
    return { arguments: [], notes: [] };
  const why = `${name} (compute capability ${computeCapability.toFixed(1)}) has no bfloat16`;
  return { arguments: ['--dtype', 'half'], notes: [`the model is served in half precision (--dtype half): ${why}`] };
}
