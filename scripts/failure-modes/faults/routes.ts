import type { FoundFault } from '../failure-mode.ts';

export const routesFaults: readonly FoundFault[] = [];
