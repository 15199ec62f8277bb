// The failures of the node, the job and the environment, with any engine. The first matching entry is the verdict, so narrower
// entries come first.

import type { FailureEntry } from './failure-entry.ts';
import { gpuFailures } from './gpus.ts';
import { fileFailures, limitFailures, networkFailures, processFailures } from './node.ts';
import { slurmFailures } from './slurm.ts';
import { softwareFailures } from './software.ts';

export const nodeFailures: readonly FailureEntry[] = [
  ...gpuFailures,
  ...softwareFailures,
  ...fileFailures,
  ...limitFailures,
  ...networkFailures,
  ...slurmFailures,
  ...processFailures,
];
