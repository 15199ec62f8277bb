// The catalogue of failures. Within one list the first matching entry is the verdict, so narrower entries come first.

import { argumentFailures } from './arguments.ts';
import type { FailureEntry } from './failure-entry.ts';
import { gpuMemoryFailures } from './gpu-memory.ts';
import { gpuFailures } from './gpus.ts';
import { modelFailures } from './model.ts';
import { fileFailures, limitFailures, networkFailures, processFailures } from './node.ts';
import { parallelFailures } from './parallel.ts';
import { slurmFailures } from './slurm.ts';
import { softwareFailures } from './software.ts';

/** Failures of vLLM itself. */
export const vllmFailures: readonly FailureEntry[] = [
  ...argumentFailures,
  ...modelFailures,
  ...gpuMemoryFailures,
  ...parallelFailures,
];

/** Failures of the node, the job and the environment, with any engine. */
export const nodeFailures: readonly FailureEntry[] = [
  ...gpuFailures,
  ...softwareFailures,
  ...fileFailures,
  ...limitFailures,
  ...networkFailures,
  ...slurmFailures,
  ...processFailures,
];

/** Tried in this order, so that a full disk is found before the model's file that could not be written to it. */
export const failureCatalogue: readonly FailureEntry[] = [...nodeFailures, ...vllmFailures];
