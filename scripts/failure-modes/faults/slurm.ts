import type { FoundFault } from '../failure-mode.ts';

export const SLURM_FAULTS: readonly FoundFault[] = [];
