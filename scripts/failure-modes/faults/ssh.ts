import type { FoundFault } from '../failure-mode.ts';

export const SSH_FAULTS: readonly FoundFault[] = [];
