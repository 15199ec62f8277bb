// The failures of the node, the job and the environment, with any engine. The first matching entry is the verdict, so narrower
// entries come first.

import { betweenNodeFailures } from './between-nodes.ts';
import { containerFailures, containerRefused } from './containers.ts';
import type { FailureEntry } from './failure-entry.ts';
import { fileFailures } from './files.ts';
import { gpuFailures } from './gpus.ts';
import { limitFailures } from './limits.ts';
import { networkFailures } from './network.ts';
import { processFailures } from './processes.ts';
import { slurmFailures } from './slurm.ts';
import { softwareFailures } from './software.ts';

export const nodeFailures: readonly FailureEntry[] = [
  ...gpuFailures,
  ...softwareFailures,
  ...containerFailures,
  ...fileFailures,
  ...limitFailures,
  ...networkFailures,
  ...betweenNodeFailures,
  containerRefused,
  ...slurmFailures,
  ...processFailures,
];
