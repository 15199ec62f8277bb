import type { FieldReport } from '../failure-mode.ts';

export const ENGINE_REPORTS: readonly FieldReport[] = [];
