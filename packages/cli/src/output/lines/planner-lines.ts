// Lines of the commands that reckon before anything is deployed: models and plan.

import { modelPreset } from '@fairlead/planner';
import { z } from 'zod';

import { line, ok, optionalText, text, texts } from './line.ts';

const count = z.number();

const layout = z.object({ nodes: count, gpusPerNode: count, tp: count, pp: count });
const supply = z.object({ gpu: text, gpus: count, nodes: count, context: count, concurrency: count });

const listedModel = z.object({
  name: text,
  model: text,
  title: text,
  task: modelPreset.shape.task,
  quantization: modelPreset.shape.quantization,
  weightsBytes: count,
  contextTokens: count,
  isGated: z.boolean().optional(),
  fits: supply,
  layout: layout.optional(),
});

const memory = z.object({
  usable: count,
  weights: count,
  kvCache: count,
  kvPerToken: count,
  reserve: z.object({ runtime: count, activations: count, graphs: count, vision: count }),
  free: count,
});

const place = z.object({
  gpu: text,
  partition: optionalText,
  fits: z.boolean(),
  why: optionalText,
  layout: layout.optional(),
  memory: memory.optional(),
  job: z.object({ cpus: count, memoryGb: count, hours: z.number().positive() }).optional(),
  cost: z.object({ perHour: count, wholeJob: count, unit: text }).optional(),
  reasons: z.array(z.object({ of: text, why: text })).optional(),
  args: texts.optional(),
  warnings: texts,
  changes: z.array(z.object({ what: text, model: optionalText, flags: optionalText })),
});

export const plannerLines = {
  models: line('The result. `fits` is a place that each model fits; `layout` comes with `--fits`.', {
    ok,
    models: z.array(listedModel),
  }),
  model: line('The result: the preset, in the format of [models.md](models.md).', {
    ok,
    preset: modelPreset,
  }),
  plan: line(
    'The result. `fits`: on one of the places. `memory` is in bytes and of one GPU, `job` of one node; `why` and `changes` say what is missing where it does not fit.',
    {
      ok,
      fits: z.boolean(),
      name: text,
      model: text,
      wish: z.object({ context: count, concurrency: count, kvCacheDtype: z.enum(['auto', 'fp8']) }),
      site: optionalText,
      places: z.array(place),
    },
  ),
};
