// The built-in presets, as data. A preset saves typing; any Hugging Face id or path works without one.

import { builtInModels, memoryOptions, type ModelPreset, splitOptions } from '@fairlead/planner';

import type { PresetConfig } from './fairlead-config.ts';

/** The engine that serves the models of the planner, which knows its memory. */
export const plannedEngine = 'vllm';

const demo: PresetConfig = {
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
  description: 'The simulator: a fake model with the OpenAI API that needs no GPU.',
};

export const builtInPresets: Record<string, PresetConfig> = {
  demo,
  ...Object.fromEntries(builtInModels.map((model) => [model.name, presetOf(model)])),
};

/** The job's resources are those of the place in the model's `fits`. */
function presetOf(model: ModelPreset): PresetConfig {
  const { gpus, nodes } = model.fits;
  // The engine splits a model over the GPUs of one node by itself.
  const split = nodes > 1 ? splitOptions({ tp: gpus, pp: nodes }) : {};
  return {
    model: model.model,
    engine: plannedEngine,
    servedModel: model.name,
    gpus,
    ...(nodes > 1 ? { nodes } : {}),
    cpusPerTask: 8 * gpus,
    mem: `${64 * gpus}G`,
    time: `${String(model.hours).padStart(2, '0')}:00:00`,
    options: { ...split, ...memoryOptions(model.fits), ...model.options },
    ...(model.args ? { args: model.args } : {}),
    description: descriptionOf(model),
  };
}

function descriptionOf({ title, quantization, fits, licence }: ModelPreset): string {
  const nodes = fits.nodes > 1 ? `${fits.nodes} nodes of ` : '';
  const gate = licence?.isGated === true ? ' Gated: accept its licence and set a token.' : '';
  return `${title}, weights in ${quantization.toUpperCase()}; fits ${nodes}${fits.gpus} × ${fits.gpu}.${gate}`;
}
