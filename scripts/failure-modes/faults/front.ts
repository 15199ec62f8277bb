import type { FoundFault } from '../failure-mode.ts';

export const FRONT_FAULTS: readonly FoundFault[] = [];
