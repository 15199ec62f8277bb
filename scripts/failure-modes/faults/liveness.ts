import type { FoundFault } from '../failure-mode.ts';

export const LIVENESS_FAULTS: readonly FoundFault[] = [];
