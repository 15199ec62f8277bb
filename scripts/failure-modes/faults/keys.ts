import type { FoundFault } from '../failure-mode.ts';

export const KEYS_FAULTS: readonly FoundFault[] = [];
