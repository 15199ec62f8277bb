import type { FoundFault } from '../failure-mode.ts';

export const BARE_MACHINE_FAULTS: readonly FoundFault[] = [];
