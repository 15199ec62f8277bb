// From what was typed to a model of the catalogue or a GPU type. Pure.

import { CodedError, nearestNames } from '@fairlead/kit';
import { builtInModels, findGpu, type Gpu, maxGpusPerNode, type ModelPreset } from '@fairlead/planner';

import type { CliErrorCode } from '../cli-error.ts';

/** By its name or its Hugging Face id. */
export function findModel(text: string): ModelPreset {
  const wanted = text.toLowerCase();
  const found = builtInModels.find(({ name, model }) => name === wanted || model.toLowerCase() === wanted);
  if (found) return found;
  const [near] = nearestNames(
    wanted,
    builtInModels.flatMap(({ name, model }) => [name, model]),
  );
  throw new CodedError<CliErrorCode>(
    'preset_unknown',
    `cannot plan ${text || '""'} because nothing is known of its layers and weights`,
    { hint: `${near ? `Did you mean ${near}? ` : ''}\`fairlead models\` lists the models that can be planned.` },
  );
}

export function siblingsOf({ siblings = [] }: Pick<ModelPreset, 'siblings'>): ModelPreset[] {
  return builtInModels.filter(({ name }) => siblings.includes(name));
}

/** `flag` names the flag that held it. */
export function gpuOf(text: string, flag: string): Gpu {
  const found = findGpu(text);
  if ('gpu' in found) return found.gpu;
  const { candidates } = found;
  const isShort = candidates.some((label) => label.startsWith(`${text.toLowerCase()}:`));
  const why = isShort ? 'it comes in several sizes' : 'it is no GPU type that is known';
  throw new CodedError<CliErrorCode>('usage', `cannot use ${flag} ${text || '""'} because ${why}`, {
    hint: `Write type and memory: ${candidates.join(', ')}.`,
  });
}

/** The value of --gpus. */
export function gpusPerNodeOf(gpus: number): number {
  if (gpus <= maxGpusPerNode) return gpus;
  throw new CodedError<CliErrorCode>('usage', `cannot use --gpus ${gpus} because no node has so many`, {
    hint: `It counts the GPUs of one node: at most ${maxGpusPerNode}.`,
  });
}
