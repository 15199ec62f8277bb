import type { FieldReport } from '../failure-mode.ts';

export const SSH_REPORTS: readonly FieldReport[] = [];
