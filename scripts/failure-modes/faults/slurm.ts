import type { FoundFault } from '../failure-mode.ts';

export const slurmFaults: readonly FoundFault[] = [];
