// Which checks there are for a site, in what order, and which may run side by side.

import { bastionChecks } from './bastion/bastion-checks.ts';
import type { Check } from './check.ts';
import { loginChecks } from './login/login-checks.ts';
import { slurmChecks } from './slurm/slurm-checks.ts';

/** After those of the laptop: stages, each of lanes. */
export function lanesFor(isLocal: boolean): Check[][][] {
  const cluster = isLocal ? [...loginChecks(true)] : [...loginChecks(false), ...slurmChecks()];
  return [[bastionChecks(), cluster]];
}
