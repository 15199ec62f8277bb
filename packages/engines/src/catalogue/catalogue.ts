// The catalogue of failures. Within one list the first entry that matches is the verdict, so the narrower stand first.

import { argumentFailures } from './arguments.ts';
import type { FailureEntry } from './failure-entry.ts';
import { gpuMemoryFailures } from './gpu-memory.ts';
import { gpuFailures } from './gpus.ts';
import { modelFailures } from './model.ts';
import { fileFailures, limitFailures, networkFailures, processFailures } from './node.ts';
import { parallelFailures } from './parallel.ts';
import { slurmFailures } from './slurm.ts';
import { softwareFailures } from './software.ts';

/** Of vLLM itself. */
export const vllmFailures: readonly FailureEntry[] = [
  ...argumentFailures,
  ...modelFailures,
  ...gpuMemoryFailures,
  ...parallelFailures,
];

/** Of the node, the job and the environment, whatever the engine. */
export const nodeFailures: readonly FailureEntry[] = [
  ...gpuFailures,
  ...softwareFailures,
  ...fileFailures,
  ...limitFailures,
  ...networkFailures,
  ...slurmFailures,
  ...processFailures,
];

/** Tried in this order: a full disk is told before the file of the model that could not be written to it. */
export const failureCatalogue: readonly FailureEntry[] = [...nodeFailures, ...vllmFailures];
