import type { FieldReport } from '../failure-mode.ts';

export const FRONT_REPORTS: readonly FieldReport[] = [];
