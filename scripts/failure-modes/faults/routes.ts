import type { FoundFault } from '../failure-mode.ts';

export const ROUTES_FAULTS: readonly FoundFault[] = [];
