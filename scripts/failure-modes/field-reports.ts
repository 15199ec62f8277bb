// The problems that users of similar tools have reported, in the order of their numbers.

import type { FieldReport } from './failure-mode.ts';
import { engineReports } from './field/engine.ts';
import { frontReports } from './field/front.ts';
import { gatewayReports } from './field/gateway.ts';
import { slurmReports } from './field/slurm.ts';
import { sshReports } from './field/ssh.ts';

export const fieldReports: readonly FieldReport[] = [
  ...engineReports,
  ...frontReports,
  ...gatewayReports,
  ...slurmReports,
  ...sshReports,
].toSorted((left, right) => left.id.localeCompare(right.id, 'en', { numeric: true }));
