import type { FieldReport } from '../failure-mode.ts';

export const SLURM_REPORTS: readonly FieldReport[] = [];
