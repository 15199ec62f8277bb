// What users of other tools of this kind have reported, in the order of their numbers.

import type { FieldReport } from './failure-mode.ts';
import { ENGINE_REPORTS } from './field/engine.ts';
import { FRONT_REPORTS } from './field/front.ts';
import { SLURM_REPORTS } from './field/slurm.ts';
import { SSH_REPORTS } from './field/ssh.ts';

export const FIELD_REPORTS: readonly FieldReport[] = [
  ...ENGINE_REPORTS,
  ...FRONT_REPORTS,
  ...SLURM_REPORTS,
  ...SSH_REPORTS,
].toSorted((left, right) => left.id.localeCompare(right.id, 'en', { numeric: true }));
