import type { FoundFault } from '../failure-mode.ts';

export const CONTROL_FAULTS: readonly FoundFault[] = [];
