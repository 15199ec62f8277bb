import type { FoundFault } from '../failure-mode.ts';

export const ENGINE_FAULTS: readonly FoundFault[] = [];
