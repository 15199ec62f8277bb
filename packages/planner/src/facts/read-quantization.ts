// From `quantization_config` of a config.json to the format that decides about kernels and GPUs. Pure.

import type { ModelFacts } from '../model-preset.ts';
import type { LayerFields } from './hub-config.ts';

export interface ReadQuantization {
  /** Absent: the planner does not know on which GPUs this format runs. */
  quantization?: ModelFacts['quantization'];
  note?: string;
}

export function readQuantization(config: LayerFields['quantization_config']): ReadQuantization {
  if (!config) return { quantization: 'bf16' };
  const method = (config.quant_method ?? '').toLowerCase();
  switch (method) {
    case 'fp8':
    case 'fbgemm_fp8':
      return { quantization: 'fp8' };
    case 'mxfp4':
      return { quantization: 'mxfp4' };
    case 'awq':
      return { quantization: 'awq' };
    case 'gptq':
      return { quantization: 'gptq' };
    case 'modelopt':
      return /fp8/i.test(config.quant_algo ?? '')
        ? { quantization: 'fp8' }
        : unknown(`modelopt ${config.quant_algo ?? ''}`);
    case 'compressed-tensors':
      return compressed(config);
    default:
      return unknown(method);
  }
}

/** vLLM runs 4-bit integers of this format with the kernels of GPTQ (Marlin). */
function compressed({ config_groups: groups = {} }: NonNullable<LayerFields['quantization_config']>): ReadQuantization {
  const [weights] = Object.values(groups).map((group) => group.weights);
  if (weights?.num_bits === 8 && weights.type === 'float') return { quantization: 'fp8' };
  if (weights?.num_bits === 4 && weights.type === 'int') return { quantization: 'gptq' };
  return unknown(`compressed-tensors of ${weights?.num_bits ?? '?'} bits (${weights?.type ?? '?'})`);
}

function unknown(format: string): ReadQuantization {
  return { note: `the planner does not know the weight format ${format.trim() || 'of its config'}` };
}
