import type { FoundFault } from '../failure-mode.ts';

export const COMMAND_LINE_FAULTS: readonly FoundFault[] = [];
